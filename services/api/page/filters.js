// What is filtered for: in the form, in the address, and as a question to one alert.

import { snoozed } from "./actions.js";
import { topicName } from "./text.js";

const NAMES = ["topic", "min_severity", "actor", "place", "hours", "words", "mine", "done"];
const LEVELS = ["low", "medium", "high", "critical"];

export class Filters {
  constructor(form, { countryName, onChange }) {
    this.form = form;
    this.countryName = countryName;
    this.onChange = onChange;
    this.me = null; // one's name
    this.known = { topic: new Map(), actor: new Map(), place: new Map() }; // value -> label
    let typed = 0;
    const changed = () => {
      this.writeAddress();
      this.onChange();
    };
    form.addEventListener("input", () => {
      clearTimeout(typed);
      typed = setTimeout(changed, 200);
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(changed, 0));
  }

  get values() {
    return Object.fromEntries(NAMES.map((name) => {
      const field = this.form.elements[name];
      return [name, field.type === "checkbox" ? (field.checked ? "1" : "") : field.value.trim()];
    }));
  }

  /** How many filters narrow the list. */
  get active() {
    return Object.values(this.values).filter(Boolean).length;
  }

  set(name, value) {
    if (this.known[name] && value) this._learn(name, value, this.known[name].get(value) || value);
    this.form.elements[name].value = value;
    this.writeAddress();
    this.onChange();
  }

  /** Sets the filters of the address. Returns those that it gives a value they cannot have. */
  readAddress() {
    const asked = new URLSearchParams(location.search);
    const wrong = [...asked.keys()].filter((name) => !NAMES.includes(name));
    for (const name of NAMES) {
      const field = this.form.elements[name];
      const value = asked.get(name) || "";
      if (field.type === "checkbox") field.checked = value === "1";
      else {
        if (value && this.known[name]) this._learn(name, value, value);
        field.value = value;
        if (field.value !== value) {
          field.value = "";
          wrong.push(name);
        }
      }
    }
    return wrong;
  }

  writeAddress() {
    const asked = new URLSearchParams(Object.entries(this.values).filter(([, value]) => value));
    history.replaceState(history.state, "", (asked.size ? `?${asked}` : location.pathname) + location.hash);
  }

  /** Offers what an alert names. */
  learnFrom(alert) {
    for (const topic of alert.topics) this._learn("topic", topic.topic, topicName(topic.topic));
    for (const actor of alert.actors) this._learn("actor", actor.id, actor.name);
    for (const place of alert.places) {
      this._learn("place", place.id, place.name);
      if (place.country) this._learn("place", place.country, this.countryName(place.country));
    }
  }

  matches(alert) {
    const asked = this.values;
    if (!asked.done && (alert.state === "muted" || alert.state === "closed" || snoozed(alert))) return false;
    if (asked.mine && alert.assigned_to !== this.me) return false;
    if (asked.topic && !alert.topics.some((topic) => topic.topic === asked.topic)) return false;
    if (asked.actor && !alert.actors.some((actor) => actor.id === asked.actor)) return false;
    if (asked.place && !alert.places.some((place) => place.country === asked.place || place.id === asked.place)) return false;
    if (asked.min_severity && LEVELS.indexOf(alert.severity) < LEVELS.indexOf(asked.min_severity)) return false;
    if (asked.hours && Date.now() - Date.parse(alert.last_updated) > asked.hours * 3600000) return false;
    if (!asked.words) return true;
    const text = [alert.headline, ...alert.lead, ...alert.evidence.map((piece) => piece.quote), ...alert.sources.map((s) => s.outlet)];
    const plain = text.join(" ").toLowerCase();
    return asked.words.toLowerCase().split(/\s+/).every((word) => plain.includes(word));
  }

  _learn(name, value, label) {
    const known = this.known[name];
    if (known.get(value) === label || (known.has(value) && label === value)) return;
    known.set(value, label);
    const field = this.form.elements[name];
    const chosen = field.value;
    const options = [...known].sort((a, b) => a[1].localeCompare(b[1])).map(([v, text]) => new Option(text, v));
    field.replaceChildren(new Option("all", ""), ...options);
    field.value = chosen;
  }
}
