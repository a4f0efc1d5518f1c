// What is publicly known of the publisher of a source.

import { element, link, webAddress } from "./text.js";

const KINDS = { agency: "agency", paper: "newspaper or news site", broadcaster: "broadcaster", state_body: "state body", specialist: "specialist press" };

/** Names of countries by ISO 3166-1 alpha-3, which the map fills in. */
export const countryNames = new Map();

/** "agency, Russia · Government of Russia · state-controlled (Russia) · source: en.wikipedia.org"; null where nothing is known. */
export function card(source) {
  if (!source.country) return null;
  const name = (code) => (code === "INT" ? null : countryNames.get(code) || code);
  const made = element("small", "publisher", [KINDS[source.kind], name(source.country)].filter(Boolean).join(", "));
  if (source.owner) made.append(made.textContent ? " · " : "", source.owner);
  if (source.state_control) made.append(" · ", element("strong", "", `state-controlled (${name(source.state_control)})`));
  if (source.owner || source.state_control) made.append(" · ", stated(source.publisher_source, source.publisher_source_date));
  return made;
}

/** A link to where owner and control are stated, with the date of that page. */
function stated(address, date) {
  const href = webAddress(address);
  if (!href) return "not verified";
  return element("span", "", "source: ", link(new URL(href).hostname, href), date ? `, ${date}` : null);
}
