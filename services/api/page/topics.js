// The topics: what each finds, tried while one fills in the form or writes the YAML; what analysts think of them.

import { button } from "./actions.js";
import * as api from "./client.js";
import { begin, editor, mark, refusal, table } from "./shell.js";
import { element, plural, topicName } from "./text.js";
import { emptyForm, TopicForm } from "./topic_form.js";
import { hits } from "./topic_hits.js";

const HOW = "This API has no topics to edit: set WIREWATCH_API_PACKS.";
let held = { topics: [], classes: [], editable: false, problems: [] };
let judged = { judged: [], rejected_rules: [] };
let open = null; // { topic, text, versions }; one that is new has a form and no text
let page = null;

/** With `editing` the text that is being written stays as it is: only the list of topics is drawn again. */
async function load({ editing = false } = {}) {
  try {
    [held, judged] = await Promise.all([api.call("/api/v1/topics"), api.call("/api/v1/feedback")]);
    const kept = open && held.topics.find((one) => one.topic === open.topic);
    if (open) open = kept ? { ...kept } : editing || open.form ? open : null;
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
  const disabled = refused !== null;
  const rows = held.topics.map((one) => {
    const precision = judged.judged.find((other) => other.by === "topic" && other.name === one.topic);
    const name = button(one.title || topicName(one.topic), () => show(one), { className: "quiet" });
    const flip = button(one.off ? "Switch on" : "Switch off", () => change("POST", `/api/v1/topics/${one.topic}/switch`, { on: one.off }), { disabled, key: `switch ${one.topic}` });
    return [name, one.id || "–", one.off ? "off" : one.own ? "yours" : "shipped", String(one.acts ?? "–"), String(one.examples ?? "–"), precision ? `${Math.round(precision.precision * 100)} %` : "–", flip];
  });
  const name = mark("input", { placeholder: "Missile tests", maxlength: "120", required: "", "aria-label": "Name of a new topic" });
  const form = element("form", "row-of", name, element("button", "", "New topic"), refused ? element("span", "refusal", refused) : null);
  for (const field of form.elements) field.disabled = disabled;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const topic = name.value.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[_0-9]+|_+$/g, "").slice(0, 40);
    if (topic.length < 2) return page.say("Give the topic a name of letters: the tags and alerts carry it.");
    if (held.topics.some((one) => one.topic === topic)) return page.say(`There is a topic ${topic} already.`);
    show({ topic, form: emptyForm(topic, name.value.trim()), versions: 0 });
  });
  return element("section", "", table(["Topic", "Version", "", "Acts", "Examples", "Useful, by feedback", ""], rows, "No topic."), form);
}

function show(topic) {
  page.say("");
  open = topic;
  draw();
  page.content.querySelector("#work input, #work textarea")?.focus();
}

/** Changes a topic's file, says what became of it, and shows what is in force then. */
async function change(method, address, body) {
  try {
    const answer = await api.send(method, address, body);
    page.say("Done. The tagger takes it within seconds.");
    await load();
    return answer;
  } catch (error) {
    page.say(error.message);
    return null;
  }
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
  const missing = mark("ul", { class: "problems", "aria-live": "polite" });
  const article = mark("textarea", { rows: "3", "aria-label": "A text to try it on", placeholder: "Paste a text to try it on; without one it is tried on the articles of the last days" });
  const yaml = editor(`The pack ${open.topic}`, open.text || "", { onInput: () => attempt({ text: yaml.field.value }), readonly: disabled });
  const formRoot = element("div", "topic-form");
  const form = new TopicForm(formRoot, { classes: held.classes, readonly: disabled, onChange: () => later({ form: form.form }) });
  const details = element("details", "", element("summary", "", "YAML"), yaml.root);
  let typed = 0;
  let asked = 0;
  function later(pack) {
    clearTimeout(typed);
    typed = setTimeout(() => attempt(pack), 500);
  }
  /** Tries the pack as it stands: the API writes the form as YAML, or reads the YAML as a form. */
  async function attempt(pack) {
    const mine = (asked += 1);
    try {
      const found = await api.send("POST", "/api/v1/topics", { ...pack, article: article.value });
      if (mine !== asked) return;
      if (pack.form) yaml.field.value = found.text;
      else if (found.form) form.show(found.form);
      formRoot.hidden = !form.form || (!pack.form && !found.form && !found.problems.length);
      if (formRoot.hidden) details.open = true;
      missing.replaceChildren(...found.missing.map((sentence) => element("li", "", sentence)));
      yaml.show([...found.problems, ...found.failures]);
      if (form.form) form.failing(found.failing);
      results.replaceChildren(...(found.problems.length ? [element("p", "hint", `${plural(found.problems.length, "mistake")}: see under the YAML.`)] : hits(found, article.value.trim(), disabled ? null : example)));
    } catch (error) {
      page.say(error.message);
    }
  }
  /** A sentence becomes a test, which is run whenever the pack is tried or saved. */
  function example(quote, list) {
    if (!formRoot.hidden && form.form) return form.example(quote, list);
    const line = `    - ${JSON.stringify(quote)}\n`;
    const { field } = yaml;
    const at = new RegExp(`^  ${list}:.*\\n`, "m").exec(field.value);
    if (!at) return page.say("Write it into the examples of the YAML.");
    field.value = field.value.slice(0, at.index + at[0].length) + line + field.value.slice(at.index + at[0].length);
    field.dispatchEvent(new Event("input"));
  }
  article.addEventListener("input", () => later(form.form && !formRoot.hidden ? { form: form.form } : { text: yaml.field.value }));
  const save = button("Save and switch on", async () => {
    try {
      const { problems } = await api.send("PUT", `/api/v1/topics/${open.topic}`, { text: yaml.field.value });
      yaml.show(problems);
      page.say(problems.length ? `Not saved: ${problems[0]}` : "Saved. The tagger takes it within seconds.");
      if (!problems.length) await load({ editing: true });
      undo.disabled = !open?.versions;
    } catch (error) {
      page.say(error.message);
    }
  }, { disabled });
  const undo = button("Undo", () => change("DELETE", `/api/v1/topics/${open.topic}/version`), { disabled: disabled || !open.versions, title: "Bring back the version before the last save" });
  const close = button("Close", () => {
    open = null;
    draw();
  });
  if (open.form) form.show(open.form);
  else formRoot.hidden = true;
  if (!disabled) attempt(open.form ? { form: open.form } : { text: open.text });
  const left = element("div", "form", formRoot, missing, details);
  const made = element("section", "", element("h2", "", open.title || topicName(open.topic)),
    element("p", "row-of", save, undo, close, refused ? element("span", "refusal", refused) : null),
    element("div", "halves", left, element("div", "form", article, results)));
  made.id = "work";
  return made;
}

page = await begin("Topics", draw);
await load();
