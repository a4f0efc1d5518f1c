// A topic as a form: rows of who does what to whom. The API writes it as YAML and reads it back; no rule stands here.

import { button } from "./actions.js";
import { mark } from "./shell.js";
import { element } from "./text.js";

const WHO = { "": "anyone", state: "a state", "state|force": "a state or its forces", "state|bloc": "a state or a bloc", actor: "any state, bloc, organisation or force", bloc: "a bloc", organisation: "an organisation", force: "a navy, command or armed group" };
const WHAT = { ...WHO, "": "these words", named_ship: "a ship by its name", place: "any place", sea: "a sea" };
const WHERE = { "": "anywhere", place: "any known place", "sea|strait": "a sea or strait", port: "a port", naval_base: "a naval base" };
const ROLES = { object: "to", about: "by or to", with: "in the same sentence" };
const PARTIES = { 0: "any number of sides", 1: "at least one state or bloc", 2: "two states or blocs" };
const COUNTS = { alone: "proves the topic alone", headline: "only in headline or first sentences", together: "only together with another sentence" };

const part = () => ({ kinds: [], words: [] });
const emptyRow = () => ({ like: null, verbs: [], nouns: [], phrases: [], who: part(), what: part(), role: "object", where: part(), without: [], parties: 0, counts: "alone" });

/** The form of a topic that is new. */
export function emptyForm(topic, title) {
  return { topic, title, version: "0.1", rows: [emptyRow()], masks: [], should_match: [], should_not_match: [] };
}

/** Draws `form` and changes it as one types; `onChange` is told of each change. `classes` are acts to take over. */
export class TopicForm {
  constructor(root, { classes, readonly, onChange }) {
    this.root = root;
    this.classes = classes;
    this.readonly = readonly;
    this.onChange = onChange;
    this.form = null;
  }

  show(form) {
    this.form = form;
    this._draw();
  }

  /** Adds a sentence to one of the two lists of examples. */
  example(sentence, list) {
    if (!this.form[list].includes(sentence)) this.form[list].push(sentence);
    this._draw();
    this.onChange();
  }

  /** Says which examples come out wrong. */
  failing(sentences) {
    const wrong = new Set(sentences);
    for (const list of ["should_match", "should_not_match"]) {
      const shown = this.form[list].filter((sentence) => wrong.has(sentence));
      const says = list === "should_match" ? "does not match" : "matches";
      this.root.querySelector(`#${list}-said`)?.replaceChildren(...shown.map((sentence) => element("li", "", `${says}: ${sentence}`)));
    }
  }

  _draw() {
    const { form, readonly } = this;
    const rows = form.rows.map((row, at) => this._row(row, at));
    const add = button("Add a row", () => this._change(() => form.rows.push(emptyRow())), { disabled: readonly });
    this.root.replaceChildren(
      labelled("Name", this._text(form, "title", "Missile tests")), ...rows, element("p", "", add),
      labelled("Words that mean something else anywhere", this._words(form, "masks", "rocket league, missile command")),
      ...this._examples("should_match", "Sentences that should match, one a line"), ...this._examples("should_not_match", "Sentences that should not match, one a line"),
    );
    for (const field of this.root.querySelectorAll("input, select, textarea")) field.disabled = readonly;
  }

  /** A change of the form's shape: it is drawn again. */
  _change(change) {
    change();
    this._draw();
    this.onChange();
  }

  _row(row, at) {
    const number = at + 1;
    const like = select(`Act of row ${number}`, { "": "own words", ...Object.fromEntries(this.classes.map((one) => [one.name, one.verb])) }, row.like || "", (name) => this._change(() => takeOver(row, this.classes.find((one) => one.name === name))));
    const acts = [labelled("Verbs, in plain form", this._words(row, "verbs", "test, test-fire, launch")), labelled("As a noun", this._words(row, "nouns", "test, launch"))];
    if (row.phrases.length) acts.push(labelled("As fixed words", this._words(row, "phrases", "")));
    const made = mark("fieldset", {}, element("legend", "", `Row ${number}`),
      line("Who", ...this._part(row.who, WHO, `Who, row ${number}`, "or these words: rebels, coast guard")),
      line("Does", like, ...acts),
      line(select(`How it stands to the act, row ${number}`, ROLES, row.role, (role) => this._set(row, "role", role)), ...this._part(row.what, WHAT, `To whom or what, row ${number}`, "missile, ballistic missile")),
      line("Where", ...this._part(row.where, WHERE, `Where, row ${number}`, "or these words: test site")),
      line("Not beside", this._words(row, "without", "game, film", `Not beside, row ${number}`)),
      line("Counts", select(`Counts, row ${number}`, COUNTS, row.counts, (counts) => this._set(row, "counts", counts)), select(`Sides, row ${number}`, PARTIES, String(row.parties), (parties) => this._set(row, "parties", Number(parties)))));
    if (this.form.rows.length > 1) made.append(button("Remove this row", () => this._change(() => this.form.rows.splice(at, 1)), { disabled: this.readonly, key: `remove ${number}` }));
    return made;
  }

  _part(of, choices, label, placeholder) {
    const chosen = of.kinds.join("|");
    const known = chosen in choices ? choices : { ...choices, [chosen]: of.kinds.join(" or ") };
    return [select(label, known, chosen, (kinds) => this._set(of, "kinds", kinds ? kinds.split("|") : [])), this._words(of, "words", placeholder, `${label}: words`)];
  }

  _set(of, name, value) {
    of[name] = value;
    this.onChange();
  }

  _text(of, name, placeholder) {
    return field("input", of[name], placeholder, (text) => this._set(of, name, text));
  }

  _words(of, name, placeholder, label) {
    const made = field("textarea", of[name].join(", "), placeholder, (text) => this._set(of, name, parts(text, /[,\n]/)));
    made.rows = 1; // it grows with what is in it
    if (label) made.setAttribute("aria-label", label);
    return made;
  }

  _examples(list, label) {
    const made = field("textarea", this.form[list].join("\n"), "", (text) => this._set(this.form, list, parts(text, "\n")));
    made.rows = Math.max(3, this.form[list].length + 1);
    return [labelled(label, made), mark("ul", { id: `${list}-said`, class: "problems", "aria-live": "polite" })];
  }
}

/** Takes over the words of an act, so that one sees and can change them. */
function takeOver(row, act) {
  row.like = act?.name || null;
  for (const said of ["verbs", "nouns", "phrases"]) row[said] = [...(act?.[said] || [])];
}

function parts(text, separator) {
  return text.split(separator).map((one) => one.trim()).filter(Boolean);
}

function field(name, value, placeholder, onInput) {
  const made = mark(name, { placeholder, autocomplete: "off" });
  made.value = value;
  made.addEventListener("input", () => onInput(made.value));
  return made;
}

function labelled(text, control) {
  return element("label", "over", text, control);
}

function line(name, ...controls) {
  return element("div", "row-of", typeof name === "string" ? element("strong", "", name) : name, ...controls);
}

function select(label, choices, value, onChange) {
  const made = element("select", "", ...Object.entries(choices).map(([key, text]) => new Option(text, key)));
  made.setAttribute("aria-label", label);
  made.value = value;
  made.addEventListener("change", () => onChange(made.value));
  return made;
}
