"use strict";
// Everything that came from the world is set with textContent; addresses only where they are http or https.

const list = document.getElementById("alerts");
const empty = document.getElementById("empty");
const status = document.getElementById("status");
const shown = new Map();
const MAX_SHOWN = 500;

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function webAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

function ago(time) {
  const seconds = Math.max(0, (Date.now() - Date.parse(time)) / 1000);
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

function quote(piece) {
  const block = element("blockquote");
  block.append(element("mark", "", piece.quote));
  return block;
}

function card(alert) {
  const item = element("li", `alert ${alert.severity}`);
  const facts = element("p", "facts");
  facts.append(element("span", "level", alert.severity));
  facts.append(element("span", "", alert.topics.map((topic) => topic.topic.replaceAll("_", " ")).join(", ")));
  const sources = alert.independent_sources;
  facts.append(element("span", "", `${sources} independent source${sources === 1 ? "" : "s"}`));
  const time = element("time", "", ago(alert.last_updated));
  time.dateTime = alert.last_updated;
  facts.append(time);
  const heading = element("h3");
  const address = webAddress((alert.sources.find((source) => source.url) || {}).url);
  if (address) {
    const link = element("a", "", alert.headline);
    link.href = address;
    link.rel = "noopener noreferrer";
    heading.append(link);
  } else {
    heading.textContent = alert.headline;
  }
  item.append(facts, heading);
  const actors = alert.actors.map((actor) => actor.name).join(", ");
  if (actors) item.append(element("p", "facts", actors));
  for (const piece of alert.evidence.slice(0, 3)) item.append(quote(piece));
  return item;
}

function place(alert) {
  const known = shown.get(alert.id);
  if (known) known.item.remove();
  const item = card(alert);
  const at = Date.parse(alert.last_updated);
  let before = null;
  for (const sibling of list.children) {
    if (Number(sibling.dataset.at) <= at) { before = sibling; break; }
  }
  item.dataset.at = String(at);
  item.dataset.id = alert.id;
  list.insertBefore(item, before);
  shown.set(alert.id, { item, alert });
  while (list.children.length > MAX_SHOWN) {
    const last = list.lastElementChild;
    shown.delete(last.dataset.id);
    last.remove();
  }
  empty.hidden = true;
}

async function begin() {
  const response = await fetch("/api/v1/alerts?limit=100");
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const page = await response.json();
  page.alerts.forEach(place);
  empty.hidden = shown.size > 0;
  const stream = new EventSource("/api/v1/stream");
  stream.onopen = () => { status.textContent = "live"; };
  stream.onerror = () => { status.textContent = "connection lost, trying again"; };
  stream.addEventListener("alert", (event) => place(JSON.parse(event.data)));
}

setInterval(() => {
  for (const time of document.querySelectorAll("time")) time.textContent = ago(time.dateTime);
}, 30000);

(function start() {
  begin().catch(() => {
    status.textContent = "the api does not answer, trying again";
    setTimeout(start, 3000);
  });
})();
