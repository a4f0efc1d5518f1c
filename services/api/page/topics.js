// The topics: what each finds, tried while one writes, explained sentence by sentence; what analysts think of them.

import { button } from "./actions.js";
import * as api from "./client.js";
import { begin, editor, mark, refusal, table } from "./shell.js";
import { element, foreign, plural, topicName } from "./text.js";

const HOW = "This API has no topics to edit: set WIREWATCH_API_PACKS.";
let held = { topics: [], editable: false, problems: [] };
let judged = { judged: [], rejected_rules: [] };
let open = null; // { topic, text, versions, isNew }
let page = null;

/** With `editing` the text that is being written stays as it is: only the list of topics is drawn again. */
async function load({ editing = false } = {}) {
  try {
    [held, judged] = await Promise.all([api.call("/api/v1/topics"), api.call("/api/v1/feedback")]);
    if (open) open = { ...open, ...(held.topics.find((one) => one.topic === open.topic) || {}) };
  } catch (error) {
    if (error.status === 401 && (await page.session.ask())) return load();
    page.say(error.message);
  }
  if (editing) page.content.firstChild.replaceWith(list(refusal(page.session, held.editable, HOW)));
  else draw();
}

function draw() {
  if (!page) return;
  const refused = refusal(page.session, held.editable, HOW);
  page.content.replaceChildren(list(refused), open ? work(refused) : feedback());
  if (held.problems.length) page.say(held.problems.join(" "));
}

function list(refused) {
  const rows = held.topics.map((one) => {
    const precision = judged.judged.find((other) => other.by === "topic" && other.name === one.topic);
    const name = button(one.title || topicName(one.topic), () => show(one), { className: "quiet" });
    return [name, one.id, String(one.acts), `${one.examples}${one.failing ? `, ${one.failing} failing` : ""}`, precision ? `${Math.round(precision.precision * 100)} %` : "–"];
  });
  const name = mark("input", { placeholder: "port_strikes", pattern: "[a-z][a-z0-9_]{1,39}", required: "", "aria-label": "Name of a new topic: lower case letters, digits and _" });
  const form = element("form", "row-of", name, element("button", "", "New topic"), refused ? element("span", "refusal", refused) : null);
  for (const field of form.elements) field.disabled = refused !== null;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const { text } = await api.call(`/api/v1/topics?new=${encodeURIComponent(name.value)}`);
      show({ topic: name.value, title: name.value, text, versions: 0 });
    } catch (error) {
      page.say(error.message);
    }
  });
  return element("section", "", table(["Topic", "Version", "Acts", "Examples", "Useful, by feedback"], rows, "No topic."), form);
}

function show(topic) {
  page.say("");
  open = topic;
  draw();
  const field = page.content.querySelector("textarea");
  field.setSelectionRange(0, 0);
  field.focus();
}

function feedback() {
  const rules = judged.rejected_rules.map((rule) => [rule.rule, `${rule.rejected} of ${rule.rejected + rule.useful}`, `${plural(rule.gain, "rejected alert")} fewer, ${plural(rule.loss, "useful alert")} lost`]);
  const counted = judged.judged.map((one) => [one.name, one.by, String(one.useful), Object.entries(one.rejected).map(([why, many]) => `${many} ${why.replaceAll("_", " ")}`).join(", "), `${Math.round(one.precision * 100)} %`]);
  return element("section", "",
    element("h2", "", "Rules that analysts reject"), table(["Rule", "Rejected", "Without it"], rules, "None is rejected more often than not."),
    element("h2", "", "What analysts think"), table(["Name", "Of", "Useful", "Rejected", "Precision"], counted, "Nobody has given feedback yet: Useful and Not useful stand beside each alert."));
}

function work(refused) {
  const disabled = refused !== null;
  const results = mark("div", { role: "status", class: "results" });
  const article = mark("textarea", { rows: "5", "aria-label": "A text to try it on", placeholder: "Paste a text to try it on; without one it is tried on the stored alerts" });
  const made = editor(`The pack ${open.topic}`, open.text, { onInput: () => attempt(), readonly: disabled });
  async function attempt() {
    try {
      const found = await api.send("POST", "/api/v1/topics", { text: made.field.value, article: article.value });
      made.show([...found.problems, ...found.failures]);
      results.replaceChildren(...shown(found, made, article));
    } catch (error) {
      page.say(error.message);
    }
  }
  let typed = 0;
  article.addEventListener("input", () => {
    clearTimeout(typed);
    typed = setTimeout(attempt, 600);
  });
  const save = button("Save and switch on", async () => {
    try {
      const { problems } = await api.send("PUT", `/api/v1/topics/${open.topic}`, { text: made.field.value });
      made.show(problems);
      page.say(problems.length ? "Not saved: see under the text." : "Saved. The tagger takes it within seconds; with wirewatch up, the first topic that is saved needs a restart.");
      if (!problems.length) await load({ editing: true });
      undo.disabled = !open?.versions;
    } catch (error) {
      page.say(error.message);
    }
  }, { disabled });
  const undo = button("Undo", async () => {
    try {
      await api.call(`/api/v1/topics/${open.topic}/version`, { method: "DELETE" });
      page.say("The version before is back.");
      await load();
    } catch (error) {
      page.say(error.message);
    }
  }, { disabled: disabled || !open.versions, title: "Bring back the version before the last save" });
  const close = button("Close", () => {
    open = null;
    draw();
  });
  if (!disabled) attempt();
  return element("section", "", element("h2", "", topicName(open.topic)),
    element("p", "row-of", save, undo, close, refused ? element("span", "refusal", refused) : null),
    element("div", "halves", made.root, element("div", "form", article, results)));
}

/** What was found, the best first: each sentence that counts, and what the nearest others lack. */
function shown({ problems, reports }, made, article) {
  if (problems.length) return [element("p", "hint", `${plural(problems.length, "mistake")}: see under the text.`)];
  const given = reports.filter((one) => one.report.given);
  const told = reports.filter((one) => one.report.sentences.length).slice(0, 40);
  const head = article.value.trim() ? (given.length ? "The text gets the topic." : "The text does not get the topic.") : `${plural(given.length, "stored alert")} of ${reports.length} would get the topic.`;
  return [element("p", "", element("strong", "", head)), ...told.map((one) => report(one, made))];
}

function report({ title, report: found }, made) {
  const verdict = element("p", found.given ? "several" : "hint", `${found.given ? "given" : "not given"}, ${found.score.toFixed(2)} of ${found.threshold.toFixed(2)}`);
  const sentences = found.sentences.slice(0, 6).map((sentence) => {
    const item = element("li", "", foreign(element("span", "", ...coloured(sentence))));
    for (const act of sentence.acts) item.append(element("small", "several", `${act.event.verb}: ${act.weight} × ${act.factor} (${act.event.mode})`));
    for (const near of sentence.near) item.append(element("small", "", `not ${near.rule} by “${near.word}”: ${near.unmet.join("; ")}`));
    if (!made.field.readOnly) item.append(button("Must match", () => example(made, sentence.quote, "should_match"), { className: "quiet" }), button("Must not match", () => example(made, sentence.quote, "should_not_match"), { className: "quiet" }));
    return item;
  });
  return element("article", "found", title ? foreign(element("h3", "", title)) : null, verdict, element("ul", "", ...sentences));
}

function coloured({ quote, found }) {
  const letters = Array.from(quote); // places are counted in characters
  const parts = [];
  let from = 0;
  for (const one of [...found].sort((a, b) => a.start - b.start)) {
    if (one.start < from) continue;
    const word = mark("mark", { title: `${one.kind} ${one.name}`, class: one.kind }, letters.slice(one.start, one.end).join(""));
    parts.push(letters.slice(from, one.start).join(""), word);
    from = one.end;
  }
  return [...parts, letters.slice(from).join("")];
}

/** Puts a sentence among the examples, which are run whenever the pack is tried or saved. */
function example({ field }, quote, list) {
  const line = `    - ${JSON.stringify(quote.replace(/\s+/g, " ").trim())}\n`;
  const at = new RegExp(`^  ${list}:.*\\n`, "m").exec(field.value);
  if (at) field.value = field.value.slice(0, at.index + at[0].length) + line + field.value.slice(at.index + at[0].length);
  else field.value = `${field.value.trimEnd()}\n${/^examples:/m.test(field.value) ? "" : "examples:\n"}  ${list}:\n${line}`;
  field.dispatchEvent(new Event("input"));
}

page = await begin("Topics", draw);
await load();
