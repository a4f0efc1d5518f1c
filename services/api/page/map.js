// The world: countries shaded by how many alerts of the list name them as place or actor, dots where their places are.

import { countryNames } from "./publisher.js";

const SVG = "http://www.w3.org/2000/svg";
const A = [1.340264, -0.081106, 0.000893, 0.003796]; // Equal Earth (Savric, Patterson, Jenny 2018)
const M = Math.sqrt(3) / 2;
const LEVELS = ["low", "medium", "high", "critical"];

function make(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

export class WorldMap {
  constructor(svg, { onPick }) {
    this.svg = svg;
    this.onPick = onPick;
    this.countries = new Map();
    this.world = null;
  }

  async load() {
    const response = await fetch("/page/world.json");
    if (!response.ok) return;
    this.world = await response.json();
    const { width, height, countries } = this.world;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    for (const [code, { name, path }] of Object.entries(countries)) {
      const shape = make("path", { d: path, class: "country" });
      const title = make("title", {});
      title.textContent = name;
      shape.append(title);
      shape.addEventListener("click", () => this._choose(code));
      shape.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          event.stopPropagation();
          this._choose(code);
        }
      });
      this.countries.set(code, { shape, title, name });
      countryNames.set(code, name);
      this.svg.append(shape);
    }
    this.dots = make("g", { class: "dots", "aria-hidden": "true" });
    this.svg.append(this.dots);
  }

  /** Shows `alerts`; what is filtered for and the chosen alert stand out. */
  show(alerts, { place, actor, chosen }) {
    if (!this.world) return;
    const counts = new Map();
    const dots = new Map();
    this.asPlace = new Set();
    for (const alert of alerts) {
      const places = alert.places.map((item) => item.country).filter(Boolean);
      for (const code of places) this.asPlace.add(code);
      const states = alert.actors.filter((item) => item.kind === "state").map((item) => item.id);
      for (const code of new Set([...places, ...states])) counts.set(code, (counts.get(code) || 0) + 1);
      for (const item of alert.places) {
        if (typeof item.lat !== "number" || typeof item.lon !== "number") continue;
        const dot = dots.get(item.id) || { ...item, count: 0, chosen: false, level: 0 };
        dot.count += 1;
        dot.level = Math.max(dot.level, LEVELS.indexOf(alert.severity));
        dot.chosen ||= alert.id === chosen || item.id === place;
        dots.set(item.id, dot);
      }
    }
    const told = alerts.find((alert) => alert.id === chosen);
    const named = new Set([...(told?.places || []).map((item) => item.country), ...(told?.actors || []).map((item) => item.id)]);
    for (const [code, country] of this.countries) {
      this._shade(country, counts.get(code) || 0, { filtered: code === place || code === actor, chosen: named.has(code) });
    }
    const circles = [...dots.values()].sort((a, b) => a.chosen - b.chosen || a.level - b.level).map((dot) => this._dot(dot));
    this.dots.replaceChildren(...circles);
  }

  name(code) {
    return this.countries.get(code)?.name || code;
  }

  _choose(code) {
    if (!this.countries.get(code).shape.hasAttribute("tabindex")) return;
    this.onPick(this.asPlace.has(code) ? "place" : "actor", code);
  }

  _shade({ shape, title, name }, count, { filtered, chosen }) {
    const level = count === 0 ? 0 : count < 3 ? 1 : count < 10 ? 2 : 3;
    shape.setAttribute("class", `country n${level}${filtered ? " filtered" : ""}${chosen ? " chosen" : ""}`);
    title.textContent = count ? `${name}: ${count} alert${count === 1 ? "" : "s"}` : name;
    if (count || filtered) {
      shape.setAttribute("tabindex", "0");
      shape.setAttribute("role", "button");
      shape.setAttribute("aria-pressed", String(filtered));
      shape.setAttribute("aria-label", title.textContent);
    } else {
      for (const name_ of ["tabindex", "role", "aria-pressed", "aria-label"]) shape.removeAttribute(name_);
    }
  }

  _dot({ id, lat, lon, count, chosen, name, level }) {
    const [x, y] = this._project(lon, lat);
    const dot = make("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: Math.min(5 + Math.sqrt(count) * 1.6, 14).toFixed(1) });
    dot.setAttribute("class", `${LEVELS[level]}${chosen ? " chosen" : ""}`);
    dot.addEventListener("click", () => this.onPick("place", id));
    const title = make("title", {});
    title.textContent = `${name}: ${count} alert${count === 1 ? "" : "s"}`;
    dot.append(title);
    return dot;
  }

  _project(lon, lat) {
    const { scale, left, top } = this.world;
    const l = (lon * Math.PI) / 180;
    const p = Math.asin(M * Math.sin((lat * Math.PI) / 180));
    const p2 = p * p;
    const p6 = p2 ** 3;
    const x = (l * Math.cos(p)) / (M * (A[0] + 3 * A[1] * p2 + p6 * (7 * A[2] + 9 * A[3] * p2)));
    const y = p * (A[0] + A[1] * p2 + p6 * (A[2] + A[3] * p2));
    return [(x + left) * scale, (top - y) * scale];
  }
}
