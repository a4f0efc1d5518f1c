// Many alerts at once: what is selected in the list, and the bar that acts on it.

import { STATES, button, menus } from "./actions.js";
import { element, plural } from "./text.js";

export class Selection {
  constructor(bar, { session, onAct, onMerge, onChange }) {
    this.bar = bar;
    this.session = session;
    this.onAct = onAct;
    this.onMerge = onMerge;
    this.onChange = onChange;
    this.ids = new Set();
  }

  toggle(id, on = !this.ids.has(id)) {
    if (on) this.ids.add(id);
    else this.ids.delete(id);
    this.draw();
    this.onChange(id, on);
  }

  /** Selects these and no others. */
  set(ids) {
    for (const id of [...this.ids]) this.toggle(id, false);
    for (const id of ids) this.toggle(id, true);
  }

  draw() {
    const many = this.ids.size;
    this.bar.hidden = many === 0;
    if (!many) return;
    const disabled = this.session.refusal !== null;
    const act = (action) => this.onAct([...this.ids], action);
    const me = this.session.me.name;
    const focused = this.bar.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.bar.replaceChildren(
      element("strong", "", `${plural(many, "alert")} selected`),
      ...Object.entries(STATES).map(([state, label]) => button(label, () => act({ kind: "state", state }), { disabled })),
      button("Assign to me", () => act({ kind: "assign", assigned_to: me }), { disabled }),
      ...menus(act, { disabled }),
      button("Merge", () => this.onMerge([...this.ids]), { disabled: disabled || many < 2, title: "Into the one that was seen first" }),
      button("Undo", () => act({ kind: "undo" }), { disabled, title: "Undo your last action on each" }),
      button("Clear selection", () => this.set([])),
    );
    if (disabled) this.bar.append(element("span", "refusal", this.session.refusal));
    if (focused) this.bar.querySelector(`[data-key="${focused}"]`)?.focus();
  }
}
