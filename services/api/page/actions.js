// What an analyst may do with an alert, and who did what: buttons, the note, the history.

import { clock, element, plural } from "./text.js";

const HOUR = 3600000;
export const STATES = { new: "Reopen", acknowledged: "Acknowledge", muted: "Mute", closed: "Close" };
export const WHY_NOT = { wrong_topic: "wrong topic", repeated: "repeated", old: "old", trivial: "trivial" };
const SNOOZES = { "1 hour": HOUR, "4 hours": 4 * HOUR, "1 day": 24 * HOUR, "3 days": 72 * HOUR, "1 week": 168 * HOUR };

/** The kinds of change that an analyst made: nothing has happened in the world. */
export const BY_ANALYSTS = new Set(["state", "note", "assign", "snooze", "feedback", "merge", "split"]);

export function snoozed(alert, now = Date.now()) {
  return Boolean(alert.snoozed_until) && Date.parse(alert.snoozed_until) > now;
}

/** The action of a snooze that begins now. */
export function snooze(milliseconds) {
  return { kind: "snooze", until: new Date(Date.now() + milliseconds).toISOString() };
}

export function button(text, act, { key = text, title = "", disabled = false, className = "" } = {}) {
  const made = element("button", className, text);
  made.type = "button";
  made.title = title;
  made.dataset.key = key;
  made.disabled = disabled;
  made.addEventListener("click", act);
  return made;
}

/** A choice that acts at once and then stands at its label again. `choices` are [label, what is given to `act`]. */
export function menu(label, choices, act, { disabled = false } = {}) {
  const made = element("select", "menu", new Option(label, ""), ...choices.map(([text], at) => new Option(text, String(at))));
  made.setAttribute("aria-label", label);
  made.dataset.key = label;
  made.disabled = disabled;
  made.addEventListener("change", () => {
    const chosen = choices[Number(made.value)];
    made.value = "";
    act(chosen[1]);
  });
  return made;
}

/** The menus that one alert and a selection of many have in common. */
export function menus(onAct, { disabled }) {
  const snoozes = Object.entries(SNOOZES).map(([label, lasts]) => [label, lasts]);
  const reasons = Object.entries(WHY_NOT).map(([why, label]) => [label, why]);
  return [
    menu("Snooze…", snoozes, (lasts) => onAct(snooze(lasts)), { disabled }),
    button("Useful", () => onAct({ kind: "feedback", useful: true }), { disabled }),
    menu("Not useful…", reasons, (why) => onAct({ kind: "feedback", useful: false, why }), { disabled }),
  ];
}

/** All buttons of one alert. `refusal` is why one may not act, null where one may; `me` is one's name. */
export function panel(alert, { refusal, me, onAct, onSignIn }) {
  const disabled = refusal !== null;
  const states = Object.entries(STATES).filter(([state]) => state !== alert.state && !alert.merged_into);
  const row = element("p", "states", ...states.map(([state, label]) => button(label, () => onAct({ kind: "state", state }), { disabled })));
  const mine = alert.assigned_to === me && me !== null;
  row.append(button(mine ? "Give back" : "Assign to me", () => onAct({ kind: "assign", assigned_to: mine ? null : me }), { disabled, key: "assign" }));
  row.append(...menus(onAct, { disabled }));
  if (snoozed(alert)) row.append(button("Wake up", () => onAct({ kind: "snooze", until: null }), { disabled }));
  row.append(button("Undo", () => onAct({ kind: "undo" }), { disabled: disabled || !undoable(alert, me), title: "Undo your last action on this alert" }));
  const refused = disabled ? element("p", "", element("span", "refusal", refusal), " ", onSignIn ? button("Sign in", onSignIn) : null) : null;
  return element("div", "acts", row, refused, disabled ? null : noteBox(onAct));
}

function undoable(alert, me) {
  const undone = new Set(alert.actions?.map((action) => action.undoes).filter(Boolean));
  return (alert.actions || []).some((action) => action.by === me && !action.undoes && !undone.has(action.at));
}

function noteBox(onAct) {
  const form = element("form", "note");
  const field = element("textarea");
  field.rows = 1;
  field.maxLength = 2000;
  field.name = "note";
  field.dataset.key = "note";
  field.placeholder = "A note for everybody who reads this alert";
  field.setAttribute("aria-label", "Note");
  const add = () => {
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    onAct({ kind: "note", text });
  };
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    add();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    add();
  });
  const send = element("button", "", "Add note");
  form.append(field, send);
  return form;
}

/** Who did what and when, the last first. What was undone is struck out. */
export function history(alert) {
  const actions = alert.actions || [];
  const undone = new Set(actions.map((action) => action.undoes).filter(Boolean));
  const list = element("ol", "history");
  for (const action of [...actions].reverse()) {
    const said = element(undone.has(action.at) ? "del" : "span", "", action.undoes ? `undid: ${done(action)}` : done(action));
    const at = element("time", "", clock(action.at));
    at.dateTime = action.at;
    const item = element("li", "", element("strong", "", action.by), " ", said, " ", at);
    if (action.kind === "note" && action.text) {
      const text = element("q", "", action.text);
      text.dir = "auto";
      item.append(text);
    }
    list.append(item);
  }
  return list;
}

function done(action) {
  switch (action.kind) {
    case "state": return { new: "reopened it", acknowledged: "acknowledged it", muted: "muted it", closed: "closed it" }[action.state];
    case "note": return action.text ? "noted" : "the note";
    case "assign": return action.assigned_to ? `assigned it to ${action.assigned_to}` : "assigned it to nobody";
    case "snooze": return action.until ? `snoozed it until ${clock(action.until)}` : "ended the snooze";
    case "feedback": return action.useful === null || action.useful === undefined ? "the feedback" : `found it ${action.useful ? "useful" : `not useful: ${WHY_NOT[action.why] || action.why}`}${action.rule ? ` (rule ${action.rule})` : ""}`;
    case "merge": return "merged it with another alert";
    case "split": return "split it from another alert";
    default: return action.kind;
  }
}

/** Whose the alert is and until when it sleeps, as labels. */
export function labels(alert) {
  const made = [];
  if (alert.state !== "new") made.push(element("span", `state ${alert.state}`, alert.state));
  if (alert.assigned_to) made.push(element("span", "state", `→ ${alert.assigned_to}`));
  if (snoozed(alert)) made.push(element("span", "state", `snoozed until ${clock(alert.snoozed_until)}`));
  const notes = (alert.actions || []).filter((action) => action.kind === "note" && action.text && !alert.actions.some((other) => other.undoes === action.at));
  if (notes.length) made.push(element("span", "state", plural(notes.length, "note")));
  return made;
}
