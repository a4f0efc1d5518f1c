// What a pack finds: each article explained, sentence by sentence, and what the nearest others lack.

import { button } from "./actions.js";
import { mark } from "./shell.js";
import { clock, element, foreign, link, plural, timeAgo } from "./text.js";

/** An answer to a trial as elements. `onExample(sentence, list)` is offered where it is given. */
export function hits({ reports, given, read, since }, pasted, onExample) {
  return [element("p", "", element("strong", "", head(given, read, since, pasted))), ...reports.map((one) => article(one, onExample))];
}

function head(given, read, since, pasted) {
  if (pasted) return given ? "The text gets the topic." : "The text does not get the topic.";
  if (!read) return "No article of the last days is kept yet: paste a text, or wait for the first.";
  const days = Math.max((Date.now() - Date.parse(since)) / 86400000, 1 / 24);
  return `${plural(given, "article")} of ${read} since ${clock(since)} would get the topic, ${(given / days).toFixed(1)} a day.`;
}

function article({ title, url, at, report }, onExample) {
  const verdict = element("p", report.given ? "several" : "hint", `${report.given ? "given" : "not given"}, ${report.score.toFixed(2)} of ${report.threshold.toFixed(2)} `);
  if (title) verdict.append("· ", timeAgo(at));
  const sentences = report.sentences.slice(0, 6).map((sentence) => one(sentence, onExample));
  return element("article", "found", title ? foreign(element("h3", "", url ? link(title, url) : title)) : null, verdict, element("ul", "", ...sentences));
}

function one(sentence, onExample) {
  const item = element("li", "", foreign(element("span", "", ...coloured(sentence))));
  for (const act of sentence.acts) item.append(element("small", "several", `${act.event.verb}: ${act.weight} × ${act.factor} (${act.event.mode})`));
  for (const near of sentence.near) item.append(element("small", "", `not ${near.rule} by “${near.word}”: ${near.unmet.join("; ")}`));
  const quote = sentence.quote.replace(/\s+/g, " ").trim();
  if (onExample) item.append(button("Must match", () => onExample(quote, "should_match"), { className: "quiet" }), button("Must not match", () => onExample(quote, "should_not_match"), { className: "quiet" }));
  return item;
}

function coloured({ quote, found }) {
  const letters = Array.from(quote); // places are counted in characters
  const shown = [];
  let from = 0;
  for (const part of [...found].sort((a, b) => a.start - b.start)) {
    if (part.start < from) continue;
    const word = mark("mark", { title: `${part.kind} ${part.name}`, class: part.kind }, letters.slice(part.start, part.end).join(""));
    shown.push(letters.slice(from, part.start).join(""), word);
    from = part.end;
  }
  return [...shown, letters.slice(from).join("")];
}
