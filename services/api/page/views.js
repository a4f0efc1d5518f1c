// Views that this browser keeps under a name, and a view as a file.

import { button } from "./actions.js";
import { feedOf } from "./client.js";
import { store, stored } from "./storage.js";
import { clock, element, titleOf, topicName } from "./text.js";

const KEY = "views";

function saved() {
  try {
    const held = JSON.parse(stored(KEY, "[]"));
    return Array.isArray(held) ? held.filter((view) => typeof view?.name === "string" && typeof view?.search === "string") : [];
  } catch {
    return []; // it can hold something else
  }
}

/** The kept views: a link each, its feed, and a button that forgets it. */
function render(root, onOpen) {
  const views = saved();
  root.replaceChildren(...views.map(({ name, search }, at) => {
    const open = element("a", "", name);
    open.href = `/${search}`;
    open.addEventListener("click", (event) => {
      event.preventDefault();
      onOpen(search);
    });
    const feed = element("a", "", "Atom");
    feed.href = feedOf(Object.fromEntries(new URLSearchParams(search)));
    feed.setAttribute("aria-label", `Atom feed of ${name}`);
    const forget = button("×", () => {
      store(KEY, JSON.stringify(views.filter((_, other) => other !== at)));
      render(root, onOpen);
    });
    forget.setAttribute("aria-label", `Forget ${name}`);
    return element("li", "", open, " ", feed, " ", forget);
  }));
  if (!views.length) root.append(element("li", "hint", "None yet."));
}

/** The menu: kept views, keep this one, this view as a file. */
export function listen({ onOpen, alerts }) {
  const box = document.getElementById("views");
  const form = document.getElementById("keep");
  const open = (search) => {
    box.open = false;
    onOpen(search);
  };
  const draw = () => render(document.getElementById("kept"), open);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = form.elements.name.value;
    store(KEY, JSON.stringify([...saved().filter((view) => view.name !== name), { name, search: location.search }]));
    form.reset();
    draw();
  });
  const filtered = () => [...new URLSearchParams(location.search)].map(([name, value]) => `${name} ${value}`).join(", ");
  const files = Object.keys(FORMATS).map((format) => button(format, () => download(format, alerts(), `Wirewatch${filtered() && `: ${filtered()}`}`)));
  document.getElementById("formats").append(...files.flatMap((file) => [file, " "]));
  document.addEventListener("click", (event) => {
    if (!box.contains(event.target)) box.open = false;
  });
  draw();
}

/** One sentence that names an alert and where it was read, to be quoted. */
function citation(alert, now = new Date()) {
  const source = alert.sources.find((one) => one.title === alert.headline) || alert.sources[0];
  const written = (source.published_at || source.first_seen_at).slice(0, 10);
  const where = [source.outlet, written, source.url].filter(Boolean).join(", ");
  return `“${source.title || titleOf(alert)}”, ${where}. Wirewatch alert ${alert.id}, revision ${alert.revision} (${location.origin}/#${alert.id}), read ${clock(now.toISOString())}.`;
}

/** Puts the citation into the clipboard; where a page may not, it is shown. */
export async function cite(alert, notice) {
  const sentence = citation(alert);
  try {
    await navigator.clipboard.writeText(sentence);
    document.getElementById("news").textContent = "The citation is in the clipboard.";
    notice("Copied.");
  } catch {
    notice(sentence); // only pages over TLS and on this machine may write to the clipboard
  }
}

const FORMATS = { CSV: ["text/csv", "csv", csv], JSON: ["application/json", "json", json], "Markdown brief": ["text/markdown", "md", markdown] };

/** Gives the alerts to the browser as a file. */
function download(format, alerts, title) {
  const [type, suffix, write] = FORMATS[format];
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([write(alerts, title)], { type: `${type};charset=utf-8` }));
  link.download = `wirewatch-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, "-")}.${suffix}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function json(alerts) {
  return `${JSON.stringify(alerts, null, 1)}\n`;
}

const COLUMNS = {
  id: (alert) => alert.id,
  last_updated: (alert) => alert.last_updated,
  first_seen: (alert) => alert.first_seen,
  severity: (alert) => alert.severity,
  state: (alert) => alert.state,
  assigned_to: (alert) => alert.assigned_to || "",
  topics: (alert) => alert.topics.map((topic) => topic.topic).join("; "),
  headline: titleOf,
  event: (alert) => alert.event_summaries?.[0] || "",
  actors: (alert) => alert.actors.map((actor) => actor.name).join("; "),
  places: (alert) => alert.places.map((place) => place.name).join("; "),
  independent_sources: (alert) => String(alert.independent_sources),
  outlets: (alert) => [...new Set(alert.sources.map((source) => source.outlet))].join("; "),
  url: (alert) => alert.sources[0]?.url || "",
  notes: (alert) => (alert.actions || []).filter((action) => action.kind === "note" && action.text).map((action) => `${action.by}: ${action.text}`).join("; "),
};

function csv(alerts) {
  const rows = [Object.keys(COLUMNS), ...alerts.map((alert) => Object.values(COLUMNS).map((column) => column(alert)))];
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** A cell that a spreadsheet takes for text, not for a formula. */
function cell(text) {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

function markdown(alerts, title) {
  const lines = [`# ${title}`, "", `${alerts.length} alerts, ${clock(new Date().toISOString())}`, ""];
  for (const alert of alerts) {
    const links = alert.sources.filter((source) => source.independent).slice(0, 6).map((source) => (source.url ? `[${plain(source.outlet)}](<${source.url}>)` : plain(source.outlet)));
    lines.push(`## ${plain(titleOf(alert))}`, "", `**${alert.severity}** · ${alert.topics.map((topic) => plain(topicName(topic.topic))).join(", ")} · ${clock(alert.first_seen)} · ${alert.independent_sources} independent`, "");
    if (alert.event_summaries?.[0]) lines.push(`*${plain(alert.event_summaries[0])}*`, "");
    for (const sentence of alert.lead.slice(0, 3)) lines.push(`${plain(sentence)}`, "");
    for (const piece of alert.evidence.slice(0, 2)) lines.push(`> ${plain(piece.quote)}`, "");
    for (const action of alert.actions || []) if (action.kind === "note" && action.text) lines.push(`Note (${plain(action.by)}): ${plain(action.text)}`, "");
    lines.push(`Sources: ${links.join(", ")}`, "");
  }
  return lines.join("\n");
}

function plain(text) {
  return text.replace(/\s+/g, " ").replace(/[\\`*_[\]<>#|]/g, "\\$&");
}
