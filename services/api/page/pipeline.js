// Says above the list where a service or the network cannot do its work: no news is not good news then.

import { clock } from "./text.js";

const EVERY_MS = 3000;
const BAD = { waiting: "New alerts may be missing", silent: "New alerts may be missing", unknown: null, slow: "New alerts may come late", ready: null };

/**
 * Asks `ask` for the services for ever, and shows in `box` those that have stood badly in two looks in a row, and that
 * no feed answers. `onFeeds` is told how the feeds stand.
 */
export async function follow(box, ask, onFeeds) {
  let before = new Map();
  for (;;) {
    try {
      const { services, feeds } = await ask();
      // Offline, the poller says of itself what stands in the sentence about the feeds.
      const told = (service) => feeds?.offline && service.service === "poller" && service.state === "slow";
      const bad = services.filter((service) => BAD[service.state] && !told(service));
      show(box, bad.filter((service) => before.get(service.service) === service.since), feeds);
      onFeeds(feeds);
      before = new Map(bad.map((service) => [service.service, service.since]));
    } catch {
      // Whoever reads the list hears that the API does not answer from the list itself.
      before = new Map();
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

function show(box, services, feeds) {
  const worst = services.find((service) => service.state !== "slow") || services[0];
  const sentences = worst ? [`${BAD[worst.state]}.`, ...services.map(inWords)] : [];
  if (feeds?.offline) sentences.push(`${feeds.summary}.`);
  const sentence = sentences.join(" ");
  if (box.textContent !== sentence) box.textContent = sentence;
  box.hidden = !sentence;
}

function inWords({ service, state, detail, since }) {
  const said = (detail || "").replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, clock);
  const ended = said.replace(/\.$/, "");
  return state === "silent" ? `The ${service} has not answered since ${clock(since)} (${ended}).` : `The ${service}: ${ended}.`;
}
