// The keys of the list: to move, to read, to act on the chosen alert or on all that are selected.

import { snooze } from "./actions.js";

const MOST_AT_ONCE = 200; // that the API acts on in one call
const HOUR = 3600000;

/** `desk` is what the keys do: see page.js. */
export function listen(desk) {
  const acts = {
    a: () => ({ kind: "state", state: "acknowledged" }),
    m: () => ({ kind: "state", state: "muted" }),
    c: () => ({ kind: "state", state: "closed" }),
    r: () => ({ kind: "state", state: "new" }),
    i: () => ({ kind: "assign", assigned_to: desk.me() }),
    s: () => snooze(HOUR),
    "+": () => ({ kind: "feedback", useful: true }),
    "-": () => ({ kind: "feedback", useful: false, why: "wrong_topic" }),
    u: () => ({ kind: "undo" }),
  };
  const moves = {
    j: () => step(desk, 1),
    k: () => step(desk, -1),
    "/": desk.find,
    x: desk.clear,
    "?": desk.help,
    v: () => desk.shown() && desk.selection.toggle(desk.shown().id),
    V: () => desk.selection.set(desk.list.alerts.map((alert) => alert.id).slice(0, MOST_AT_ONCE)),
    n: () => desk.shown() && document.querySelector("#detail textarea")?.focus(),
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), select, textarea, dialog");
    if (event.key === "Escape" && !event.target.closest("dialog")) {
      if (typing) event.target.blur();
      else desk.back();
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") enter(desk, event);
    else if (moves[event.key]) {
      event.preventDefault();
      moves[event.key]();
    } else if (acts[event.key]) desk.act(acts[event.key]());
  });
}

function step({ list, choose }, by) {
  const next = list.beside(by);
  if (next) choose(next.id, { scroll: true });
}

/** Reads the chosen alert; while one reads it, opens its first source. */
function enter({ shown, choose }, event) {
  if (!shown() || event.target.closest("button, a, summary, input, [role=button]")) return;
  if (document.body.classList.contains("reading")) document.querySelector("#detail h2 a")?.click();
  else choose(shown().id, { read: true });
}
