// One alert in full: why it is here, what proves it, who carried it when.

import { before } from "./before.js";
import { badge, standing } from "./list.js";
import { clock, element, emphasised, eventLine, link, marked, plural, span, timeAgo, titleOf, topicName } from "./text.js";

const COPIES_SHOWN = 3;

/** `refusal` is why one may not change the state, null where one may. */
export function render(root, alert, { refusal, onBack, onFilter, onState, onSignIn }) {
  const quotes = alert.evidence.map((piece) => piece.quote);
  const head = element("header", alert.severity);
  const back = element("button", "back", "← back to the list");
  back.type = "button";
  back.addEventListener("click", onBack);
  const facts = element("p", "facts", badge(alert.severity), standing(alert));
  if (alert.state !== "new") facts.append(element("span", `state ${alert.state}`, alert.state));
  facts.append(element("span", "", "first seen ", timeAgo(alert.first_seen)));
  if (Date.parse(alert.last_updated) - Date.parse(alert.first_seen) > 60000) facts.append(element("span", "", "updated ", timeAgo(alert.last_updated)));
  const best = alert.sources.find((source) => source.title === alert.headline) || alert.sources[0] || {};
  head.append(...[back, facts, eventLine(alert), element("h2", "", link(titleOf(alert), best.url)), related(alert)].filter(Boolean));
  root.replaceChildren(
    head,
    element("p", "lead", ...alert.lead.flatMap((sentence) => [...marked(sentence, quotes), " "])),
    states(alert, { refusal, onState, onSignIn }),
    part("Why", reasons(alert)),
    changes(alert),
    part("Who and where", names(alert, onFilter)),
    part("Evidence", topics(alert), evidence(alert)),
    part(`Who carried it · ${plural(alert.sources.length, "article")}, ${alert.independent_sources} independent`, timeline(alert)),
    part("How fast", stages(alert)),
    foot(alert),
  );
  before(root, alert.id);
  for (const empty of root.querySelectorAll("section:empty, p.lead:empty")) empty.remove();
  root.scrollTop = 0;
}

function part(title, ...content) {
  const made = element("section");
  if (content.some((item) => item && item.childNodes.length)) made.append(element("h3", "", title), ...content);
  return made;
}

/** The alerts this one comes after or goes on in. */
function related(alert) {
  const known = [["Comes after", alert.follows], ["Goes on in", alert.merged_into && { id: alert.merged_into }]].filter(([, other]) => other);
  if (!known.length) return null;
  return element("p", "related", ...known.flatMap(([word, other]) => {
    const made = element("a", "", other.headline || "another alert");
    made.href = `#${other.id}`;
    return [`${word}: `, made, " "];
  }));
}

function states(alert, { refusal, onState, onSignIn }) {
  const made = element("p", "states");
  const moves = { new: "Reopen", acknowledged: "Acknowledge", muted: "Mute", closed: "Close" };
  for (const [state, label] of Object.entries(moves)) {
    if (state === alert.state) continue;
    const button = element("button", "", label);
    button.type = "button";
    button.disabled = refusal !== null;
    button.addEventListener("click", () => onState(state));
    made.append(button);
  }
  if (refusal !== null) {
    made.append(element("span", "refusal", refusal));
    if (onSignIn) {
      const button = element("button", "", "Sign in");
      button.type = "button";
      button.addEventListener("click", onSignIn);
      made.append(button);
    }
  }
  return made;
}

function reasons(alert) {
  return element("ul", "", ...alert.severity_reasons.map((reason) => element("li", "", reason)));
}

function changes(alert) {
  const list = element("ul", "changes");
  for (const change of alert.revision > 1 ? alert.changes : []) {
    const item = element("li", "", element("strong", "", change.kind), " ");
    if (change.before !== undefined && change.before !== null) item.append(element("del", "", change.before), " ");
    if (change.after !== undefined && change.after !== null) item.append(element("ins", "", change.after));
    list.append(item);
  }
  return part(`New in revision ${alert.revision}`, list);
}

function topics(alert) {
  const made = element("p", "weights");
  for (const topic of alert.topics) {
    const role = topic.role === "primary" ? "main subject" : "mentioned";
    made.append(element("span", "", element("strong", "", topicName(topic.topic)), ` ${Math.round(topic.score * 100)} %, ${role}`));
  }
  return made;
}

/** Every sentence once, with the topics that it proves and the rules that found it. */
function evidence(alert) {
  const words = [...alert.actors, ...alert.places].map((item) => item.name);
  const sentences = new Map();
  for (const piece of alert.evidence) sentences.set(piece.quote, [...(sentences.get(piece.quote) || []), piece]);
  const made = element("div");
  for (const [quote, pieces] of sentences) {
    const source = alert.sources.find((item) => item.article_id === pieces[0].article_id);
    const proves = pieces.map((piece) => `${topicName(piece.topic)} (${piece.rule})`);
    const cite = [source?.outlet, pieces[0].field, ...new Set(proves)].filter(Boolean).join(" · ");
    made.append(element("blockquote", "", element("mark", "", ...emphasised(quote, words)), element("cite", "", cite)));
  }
  return made;
}

function names(alert, onFilter) {
  const made = element("p", "chips");
  const chip = (text, filter, value) => {
    const button = element("button", `chip ${filter}`, text);
    button.type = "button";
    button.title = `Only alerts with this ${filter}`;
    button.addEventListener("click", () => onFilter(filter, value));
    return button;
  };
  for (const actor of alert.actors) made.append(chip(actor.name, "actor", actor.id));
  for (const place of alert.places) made.append(chip(place.name, "place", place.id));
  return made;
}

/** Originals in order of first sight, their copies folded under them. */
function timeline(alert) {
  const made = element("ol", "timeline");
  const begin = Date.parse(alert.first_seen);
  const known = new Set(alert.sources.map((source) => source.article_id));
  const copies = new Map();
  const originals = [];
  for (const source of alert.sources) {
    const of = source.copy_of && known.has(source.copy_of) && source.copy_of !== source.article_id ? source.copy_of : null;
    if (of) copies.set(of, [...(copies.get(of) || []), source]);
    else originals.push(source);
  }
  for (const source of originals) {
    const item = entry(source, begin);
    const folded = gather(source.article_id, copies, new Set());
    if (folded.length) {
      const list = element("ol", "copies", ...folded.map((copy) => entry(copy, begin, source)));
      const many = folded.length === 1 ? "1 copy" : `${folded.length} copies`;
      const box = element("details", "", element("summary", "", `${many} of this text`), list);
      box.open = folded.length <= COPIES_SHOWN;
      item.append(box);
    }
    made.append(item);
  }
  return made;
}

function gather(id, copies, seen) {
  if (seen.has(id)) return [];
  seen.add(id);
  return (copies.get(id) || []).flatMap((copy) => [copy, ...gather(copy.article_id, copies, seen)]);
}

/** One article: when, who (the link), and its title where it is not that of the original it stands under. */
function entry(source, begin, original = null) {
  const item = element("li", source.independent ? "independent" : "folded");
  const after = (Date.parse(source.first_seen_at) - begin) / 1000;
  const when = element("time", "", after < 1 ? "first" : `+${span(after)}`);
  when.dateTime = source.first_seen_at;
  when.title = clock(source.first_seen_at);
  const who = element("span", "outlet", link(source.outlet, source.url));
  if (source.wire) who.append(element("small", "", ` ${source.wire}`));
  item.append(when, who);
  if (source.title !== original?.title) item.append(element("span", "title", source.title || "(no title)"));
  const expected = original && `same text as ${original.outlet}`;
  if (source.folded_because && source.folded_because !== expected) item.append(element("small", "because", source.folded_because));
  return item;
}

function stages(alert) {
  const { published_at: published, fetched_at: fetched, deduped_at: deduped, tagged_at: tagged, alerted_at: alerted } = alert.stages;
  const made = element("p", "stages");
  const steps = [["published", published], ["fetched", fetched], ["deduped", deduped], ["tagged", tagged], ["alerted", alerted]];
  let last = null;
  for (const [name, time] of steps) {
    if (!time) continue;
    const at = Date.parse(time);
    made.append(element("span", "", last === null ? `${name} ${clock(time)}` : `→ ${name} +${precise((at - last) / 1000)}`));
    last = at;
  }
  return made;
}

function precise(seconds) {
  return seconds < 90 ? `${Math.max(0, seconds).toFixed(2)} s` : span(seconds);
}

function foot(alert) {
  const raw = element("a", "", "JSON");
  raw.href = `/api/v1/alerts/${alert.id}`;
  return element("footer", "", `alert ${alert.id.slice(0, 8)} · revision ${alert.revision} · ${alert.packs.join(", ")} · `, raw);
}
