// The list: rows in the order (last update, id), both descending, each alert once.

import { labels } from "./actions.js";
import { element, emphasised, eventLine, foreign, plural, timeAgo, titleOf, topicName } from "./text.js";

const LEVELS = ["low", "medium", "high", "critical"];

export class List {
  constructor(root, { onChoose, onSelect }) {
    this.root = root;
    this.onChoose = onChoose;
    this.onSelect = onSelect;
    this.selected = new Set();
    this.alerts = []; // in order
    this.rows = new Map(); // id -> row
    this.chosen = null;
  }

  clear() {
    this.alerts = [];
    this.rows.clear();
    this.root.replaceChildren();
  }

  get(id) {
    return this.alerts.find((alert) => alert.id === id);
  }

  /** Puts an alert in its place, instead of its earlier revision. */
  put(alert, { fresh = false } = {}) {
    const focused = this.rows.get(alert.id)?.contains(document.activeElement);
    this.remove(alert.id);
    const at = this._position(alert);
    const row = makeRow(alert, this);
    if (fresh) row.classList.add("fresh");
    if (alert.id === this.chosen) mark(row, true);
    const before = this.alerts[at] ? this.rows.get(this.alerts[at].id) : null;
    this.alerts.splice(at, 0, alert);
    this.rows.set(alert.id, row);
    this.root.insertBefore(row, before);
    if (focused) row.querySelector("a").focus({ preventScroll: true });
  }

  remove(id) {
    const row = this.rows.get(id);
    if (!row) return;
    row.remove();
    this.rows.delete(id);
    this.alerts.splice(this.alerts.findIndex((alert) => alert.id === id), 1);
  }

  /** Shows whether an alert is among those selected. */
  select(id, on) {
    if (on) this.selected.add(id);
    else this.selected.delete(id);
    const row = this.rows.get(id);
    if (row) row.querySelector("input").checked = on;
  }

  choose(id, { scroll = false } = {}) {
    const old = this.rows.get(this.chosen);
    if (old) mark(old, false);
    this.chosen = id;
    const row = this.rows.get(id);
    if (!row) return;
    mark(row, true);
    if (scroll) row.scrollIntoView({ block: "nearest" });
  }

  /** The alert `by` places further than the chosen one. */
  beside(by) {
    const at = this.alerts.findIndex((alert) => alert.id === this.chosen);
    const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), this.alerts.length - 1);
    return this.alerts[next];
  }

  _position(alert) {
    let low = 0;
    let high = this.alerts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.alerts[middle], alert)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isBefore(one, other) {
  const times = Date.parse(one.last_updated) - Date.parse(other.last_updated);
  return times > 0 || (times === 0 && one.id > other.id);
}

function mark(row, on) {
  row.classList.toggle("chosen", on);
  const anchor = row.querySelector("a");
  if (on) anchor.setAttribute("aria-current", "true");
  else anchor.removeAttribute("aria-current");
}

export function badge(severity) {
  const made = element("span", "level", severity);
  made.dataset.rank = String(LEVELS.indexOf(severity) + 1);
  return made;
}

export function standing(alert) {
  const sole = alert.independent_sources < 2;
  const made = element("span", sole ? "sole" : "several");
  made.append(sole ? "single source" : plural(alert.independent_sources, "independent source"));
  return made;
}

/** What the row tells at a glance: how grave, what of, how sure, since when; who; and the sentence that proves it. */
function makeRow(alert, { onChoose, onSelect, selected }) {
  const row = element("li", `row ${alert.severity}`);
  row.dataset.id = alert.id;
  const anchor = element("a", "", titleOf(alert));
  anchor.href = `#${alert.id}`;
  anchor.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    onChoose(alert.id);
  });
  const box = element("input", "select");
  box.type = "checkbox";
  box.checked = selected.has(alert.id);
  box.setAttribute("aria-label", `Select: ${titleOf(alert)}`);
  box.addEventListener("change", () => onSelect(alert.id, box.checked));
  const facts = element("p", "facts", box, badge(alert.severity));
  facts.append(element("span", "topics", alert.topics.map((topic) => topicName(topic.topic)).join(" + ")));
  facts.append(standing(alert));
  facts.append(...labels(alert));
  facts.append(timeAgo(alert.last_updated));
  const named = [...alert.actors.slice(0, 5), ...alert.places.slice(0, 3)].map((item) => item.name);
  row.append(...[facts, eventLine(alert), foreign(element("h3", "", anchor), alert.language)].filter(Boolean));
  const proof = alert.evidence.find((piece) => piece.field !== "title" && piece.quote !== anchor.textContent);
  const told = proof && alert.sources.find((source) => source.article_id === proof.article_id);
  if (proof) row.append(foreign(element("p", "proof", ...emphasised(proof.quote, named)), told?.language || alert.language));
  else if (named.length) row.append(element("p", "proof", named.join(" · ")));
  if (alert.also_reported_in) row.append(element("p", "others", alert.also_reported_in));
  return row;
}
