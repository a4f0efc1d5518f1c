// What stands beside the list while no alert is chosen: the list in figures, each of them a filter.

import { element, plural, topicName } from "./text.js";

const LEVELS = ["critical", "high", "medium", "low"];
const MOST = 12;

export function render(root, alerts, { more, onFilter }) {
  if (!alerts.length) {
    root.replaceChildren(element("p", "hint", "Choose an alert to read its evidence and who carried it."));
    return;
  }
  const sole = alerts.filter((alert) => alert.independent_sources < 2).length;
  const first = element("p", "hint", `${plural(alerts.length, "alert")}${more ? " loaded so far" : ""}, ${sole} of them from a single source. Choose one to read its evidence and who carried it.`);
  root.replaceChildren(
    element("h2", "", "At a glance"),
    first,
    levels(alerts, onFilter),
    chips("Topics", count(alerts, (alert) => alert.topics.map((topic) => [topic.topic, topicName(topic.topic)])), "topic", onFilter),
    chips("Actors named most", count(alerts, (alert) => alert.actors.map((actor) => [actor.id, actor.name])), "actor", onFilter),
    chips("Places named most", count(alerts, (alert) => alert.places.map((place) => [place.id, place.name])), "place", onFilter),
  );
}

function levels(alerts, onFilter) {
  const list = element("ul", "levels");
  for (const level of LEVELS) {
    const many = alerts.filter((alert) => alert.severity === level).length;
    const button = element("button", `level ${level}`, level);
    button.type = "button";
    button.title = `Only ${level === "critical" ? level : `${level} and up`}`;
    button.addEventListener("click", () => onFilter("min_severity", level));
    const bar = element("span", "share");
    bar.style.width = `${(100 * many) / alerts.length}%`;
    list.append(element("li", level, button, element("span", "many", String(many)), bar));
  }
  return list;
}

function count(alerts, keys) {
  const counts = new Map();
  for (const alert of alerts) {
    for (const [id, name] of keys(alert)) counts.set(id, { id, name, many: (counts.get(id)?.many || 0) + 1 });
  }
  return [...counts.values()].sort((a, b) => b.many - a.many || a.name.localeCompare(b.name)).slice(0, MOST);
}

function chips(title, counted, filter, onFilter) {
  const line = element("p", "chips");
  for (const { id, name, many } of counted) {
    const button = element("button", `chip ${filter}`, `${name} `, element("small", "", String(many)));
    button.type = "button";
    button.addEventListener("click", () => onFilter(filter, id));
    line.append(button);
  }
  return counted.length ? element("section", "", element("h3", "", title), line) : "";
}
