// One alert in full: why it is here, what proves it, who carried it when.

import { BY_ANALYSTS, button, history, labels, panel } from "./actions.js";
import { before } from "./before.js";
import { badge, standing } from "./list.js";
import { card } from "./publisher.js";
import { pageChange } from "./recheck.js";
import { clock, element, emphasised, eventLine, foreign, link, marked, plural, span, timeAgo, titleOf, topicName } from "./text.js";

const COPIES_SHOWN = 3;

/**
 * `acting` is { refusal, me, onAct, onSignIn }: why one may not act (null where one may), one's name, what acts. A note
 * that is being written, the place and the focus stay where the same alert is drawn again.
 */
export function render(root, alert, { acting, onBack, onFilter, onCite }) {
  const same = root.dataset.id === alert.id;
  const held = same && { top: root.scrollTop, note: root.querySelector("textarea")?.value, key: root.contains(document.activeElement) ? document.activeElement.dataset.key : null };
  root.dataset.id = alert.id;
  root.replaceChildren(
    head(alert, onBack),
    foreign(element("p", "lead", ...alert.lead.flatMap((sentence) => [...marked(sentence, alert.evidence.map((piece) => piece.quote)), " "])), alert.language),
    panel(alert, acting),
    part("Who did what", history(alert)),
    part("Why", reasons(alert)),
    changes(alert),
    part("Who and where", names(alert, onFilter)),
    part("Evidence", topics(alert), evidence(alert)),
    part(`Who carried it · ${plural(alert.sources.length, "article")}, ${alert.independent_sources} independent`, alert.also_reported_in ? element("p", "hint", alert.also_reported_in) : null, timeline(alert, acting)),
    part("How fast", stages(alert)),
    foot(alert, onCite),
  );
  before(root, alert.id);
  for (const empty of root.querySelectorAll("section:empty, p.lead:empty")) empty.remove();
  root.scrollTop = held ? held.top : 0;
  const field = root.querySelector("textarea");
  if (field && held?.note) field.value = held.note;
  if (held?.key) root.querySelector(`[data-key="${CSS.escape(held.key)}"]`)?.focus({ preventScroll: true });
}

function head(alert, onBack) {
  const back = button("← back to the list", onBack, { className: "back" });
  const facts = element("p", "facts", badge(alert.severity), standing(alert), ...labels(alert));
  facts.append(element("span", "", "first seen ", timeAgo(alert.first_seen), ` · ${clock(alert.first_seen)}`));
  if (Date.parse(alert.last_updated) - Date.parse(alert.first_seen) > 60000) facts.append(element("span", "", "updated ", timeAgo(alert.last_updated)));
  const best = alert.sources.find((source) => source.title === alert.headline) || alert.sources[0] || {};
  const title = foreign(element("h2", "", link(titleOf(alert), best.url)), alert.language);
  return element("header", alert.severity, back, facts, eventLine(alert), title, related(alert));
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

function reasons(alert) {
  return element("ul", "", ...alert.severity_reasons.map((reason) => element("li", "", reason)));
}

function changes(alert) {
  const list = element("ul", "changes");
  for (const change of alert.revision > 1 ? alert.changes.filter(({ kind }) => !BY_ANALYSTS.has(kind)) : []) {
    const item = element("li", "", element("strong", "", change.kind.replace("_", " ")), " ");
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
    const origin = element("cite", "", cite);
    [origin.dir, origin.lang] = ["ltr", "en"]; // not of the quote, whose own words say which way it runs
    made.append(foreign(element("blockquote", "", element("mark", "", ...emphasised(quote, words)), origin), source?.language || alert.language));
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
function timeline(alert, { refusal, onAct }) {
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
    if (originals.length > 1 && refusal === null) {
      const split = button("Split off", () => onAct({ kind: "split", article_id: source.article_id }), { key: `split ${source.article_id}`, title: "Make this report an alert of its own", className: "quiet" });
      split.setAttribute("aria-label", `Split off the report of ${source.outlet}`);
      item.append(split);
    }
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
  if (source.title !== original?.title) item.append(foreign(element("span", "title", source.title || "(no title)"), source.language));
  if (source.independent) item.append(card(source) ?? "");
  const expected = original && `same text as ${original.outlet}`;
  if (source.folded_because && source.folded_because !== expected) item.append(element("small", "because", source.folded_because));
  item.append(pageChange(source) ?? "");
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

function foot(alert, onCite) {
  const raw = element("a", "", "JSON");
  raw.href = `/api/v1/alerts/${alert.id}`;
  return element("footer", "", `alert ${alert.id.slice(0, 8)} · revision ${alert.revision} · ${alert.packs.join(", ")} · `, raw, " ", button("Copy citation", onCite, { className: "quiet" }));
}
