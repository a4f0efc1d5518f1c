// Searching the archive: the address holds the search, the API answers it, and what came from the world goes in as text.

import { badge } from "./list.js";
import { earlier, lineOf } from "./before.js";
import { navigation } from "./shell.js";
import { clean, element, link, plural, timeAgo } from "./text.js";

const FILTERS = ["topic", "act", "actor", "place", "outlet", "language", "min_severity"];
const NAMES = { topic: "Topic", act: "Act", actor: "Actor", place: "Place", outlet: "Outlet", language: "Language", severity: "Severity from" };

const form = document.getElementById("search");
const hits = document.getElementById("hits");
const more = document.getElementById("more");
const trouble = document.getElementById("trouble");
const count = document.getElementById("count");
const known = new Map(); // "actor:RUS" -> "Russia"
let latest = 0; // the number of the latest request: an answer that comes late is not shown
let cursor = null;

/** The search of the address, as the API takes it. `since` moves with the clock, so a feed goes without it. */
function parameters({ moving = true } = {}) {
  const given = new URLSearchParams(location.search);
  const asked = new URLSearchParams();
  if (given.get("q")) asked.set("q", given.get("q"));
  for (const name of FILTERS) for (const value of given.getAll(name)) asked.append(name, value);
  if (given.get("order") === "rank") asked.set("order", "rank");
  const days = Number(given.get("days"));
  if (moving && days > 0) asked.set("since", new Date(Date.now() - days * 86400000).toISOString());
  return asked;
}

async function ask(address) {
  let response;
  try {
    response = await fetch(address, { cache: "no-store" });
  } catch {
    throw new Error("The API does not answer.");
  }
  if (response.ok) return response;
  const said = await response.json().then((body) => body.error, () => null);
  if (response.status === 401) throw new Error("Sign in on the page of the alerts first.");
  throw new Error(said || `The API answers ${response.status}.`);
}

async function search() {
  const mine = ++latest;
  show(null);
  count.textContent = "Searching";
  try {
    const found = await (await ask(`/api/v1/search?${parameters()}`)).json();
    if (mine !== latest) return;
    hits.replaceChildren(...found.hits.map(row));
    count.textContent = `${found.more ? "More than " : ""}${plural(found.count, "article")}`;
    goOn(found.next_cursor);
    narrow(found.facets);
    chips();
    await about(mine);
  } catch (error) {
    if (mine !== latest) return;
    hits.replaceChildren();
    goOn(null);
    count.textContent = "No answer";
    chips();
    show(error.message);
  }
}

function goOn(next) {
  cursor = next;
  more.hidden = next === null;
}

function show(sentence) {
  trouble.hidden = sentence === null;
  trouble.textContent = sentence || "";
}

more.addEventListener("click", async () => {
  const asked = parameters();
  asked.set("cursor", cursor);
  try {
    const found = await (await ask(`/api/v1/search?${asked}`)).json();
    const rows = found.hits.map(row);
    hits.append(...rows);
    goOn(found.next_cursor);
    rows[0]?.querySelector("a")?.focus();
  } catch (error) {
    show(error.message);
  }
});

function row(hit) {
  const made = element("li", `row ${hit.severity || ""}`);
  const facts = element("p", "facts");
  if (hit.severity) facts.append(badge(hit.severity));
  facts.append(element("span", "", clean(hit.outlet)));
  if (hit.language) facts.append(element("span", "", clean(hit.language)));
  facts.append(timeAgo(hit.first_seen_at));
  const title = hit.title.text.trim() ? marks(hit.title) : ["(no headline)"];
  const heading = element("h3", "", link("", hit.url));
  (heading.querySelector("a") || heading).append(...title);
  made.append(facts, heading, element("p", "proof", ...marks(hit.snippet)));
  if (hit.alert_id) {
    const alert = element("a", "", "Its alert");
    alert.href = `/#${hit.alert_id}`;
    made.append(element("p", "related", alert));
  }
  return made;
}

/** The places count characters, not the halves that JavaScript counts; so the text is cut first and cleaned then. */
function marks({ text, marks: places }) {
  const characters = Array.from(text);
  const parts = [];
  let at = 0;
  for (const [start, end] of places) {
    parts.push(clean(characters.slice(at, start).join("")), element("mark", "", clean(characters.slice(start, end).join(""))));
    at = end;
  }
  parts.push(clean(characters.slice(at).join("")));
  return parts;
}

function narrow(facets) {
  const chosen = new URLSearchParams(location.search);
  const sections = Object.entries(facets).filter(([, values]) => values.length).map(([kind, values]) => {
    const name = kind === "severity" ? "min_severity" : kind;
    const buttons = values.slice(0, 8).map(({ value, name: label, count: many }) => {
      known.set(`${name}:${value}`, clean(label));
      const button = element("button", "", element("span", "", clean(label).replaceAll("_", " ")), element("small", "", String(many)));
      button.type = "button";
      button.setAttribute("aria-pressed", String(chosen.getAll(name).includes(value)));
      button.addEventListener("click", () => toggle(name, value));
      return button;
    });
    return element("section", "", element("h3", "", NAMES[kind] || kind), ...buttons);
  });
  document.getElementById("narrow").replaceChildren(...sections);
}

function toggle(name, value) {
  const asked = new URLSearchParams(location.search);
  const values = asked.getAll(name);
  asked.delete(name);
  const kept = values.includes(value) ? values.filter((one) => one !== value) : name === "min_severity" ? [value] : [...values, value];
  for (const one of kept) asked.append(name, one);
  go(asked);
}

/** What narrows the search, each to be taken off. */
function chips() {
  const asked = new URLSearchParams(location.search);
  const made = FILTERS.flatMap((name) => asked.getAll(name).map((value) => {
    const button = element("button", "chip", `${(known.get(`${name}:${value}`) || value).replaceAll("_", " ")} ×`);
    button.type = "button";
    button.setAttribute("aria-label", `Without ${NAMES[name] || "severity"} ${value}`);
    button.addEventListener("click", () => toggle(name, value));
    return button;
  }));
  document.getElementById("chosen").replaceChildren(...made);
  const feed = parameters({ moving: false });
  feed.delete("order");
  document.getElementById("feed").href = `/api/v1/search.atom?${feed}`;
}

/** Where the search is one actor or one place and no words, what the archive knows of it. */
async function about(mine) {
  const root = document.getElementById("about");
  const asked = parameters({ moving: false });
  const kinds = ["actor", "place"].filter((name) => asked.getAll(name).length === 1);
  root.hidden = kinds.length !== 1 || asked.has("q");
  if (root.hidden) return;
  const [kind] = kinds;
  const body = await (await ask(`/api/v1/${kind}s/${encodeURIComponent(asked.get(kind))}`)).json();
  if (mine !== latest) return;
  known.set(`${kind}:${body.value}`, clean(body.name));
  const total = body.months.reduce((sum, [, many]) => sum + many, 0);
  const beside = (title, name, values) => (values.length
    ? [element("h3", "", title), element("p", "chips", ...values.map(([value, label, many]) => {
      const button = element("button", `chip ${name}`, `${clean(label)} `, element("small", "", String(many)));
      button.type = "button";
      button.addEventListener("click", () => go(new URLSearchParams([[kind, body.value], [name, value]])));
      return button;
    }))]
    : []);
  root.replaceChildren(
    element("h2", "", clean(body.name)),
    element("p", "facts", `${plural(total, "alert")} in the archive`),
    ...(body.months.length ? [element("h3", "", "By month"), months(body.months)] : []),
    ...beside("With", "actor", body.actors),
    ...beside("Acts", "act", body.acts),
    ...beside("Where", "place", body.places),
    ...(body.alerts.length ? [element("h3", "", "Latest alerts"), earlier(body.alerts.slice(0, 8), lineOf)] : []),
  );
}

/** A bar a month, the months without an alert included; a reader of the screen hears the numbers. */
function months(counts) {
  const most = Math.max(...counts.map(([, many]) => many));
  const by = new Map(counts);
  const bars = [];
  for (let [year, month] = counts[0][0].split("-").map(Number); ; [year, month] = month === 12 ? [year + 1, 1] : [year, month + 1]) {
    const name = `${year}-${String(month).padStart(2, "0")}`;
    const many = by.get(name) || 0;
    const bar = element("li", many ? "" : "none", element("span", "unseen", `${name}: ${many}`));
    bar.style.height = `${Math.round((many / most) * 100)}%`;
    bar.title = `${name}: ${plural(many, "alert")}`;
    bars.push(bar);
    if (name >= counts.at(-1)[0] || bars.length > 120) break;
  }
  return element("ol", "months", ...bars);
}

function go(asked) {
  history.pushState(null, "", `${location.pathname}${asked.size ? `?${asked}` : ""}`);
  fill();
  search();
}

function fill() {
  const asked = new URLSearchParams(location.search);
  form.q.value = asked.get("q") || "";
  form.order.value = asked.get("order") === "rank" ? "rank" : "time";
  form.days.value = asked.get("days") || "";
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const asked = new URLSearchParams(location.search);
  for (const [name, value] of [["q", form.q.value.trim()], ["order", form.order.value === "rank" ? "rank" : ""], ["days", form.days.value]]) {
    if (value) asked.set(name, value);
    else asked.delete(name);
  }
  go(asked);
});
for (const name of ["order", "days"]) form[name].addEventListener("change", () => form.requestSubmit());

document.getElementById("how").addEventListener("click", (event) => {
  const syntax = document.getElementById("syntax");
  syntax.hidden = !syntax.hidden;
  event.currentTarget.setAttribute("aria-expanded", String(!syntax.hidden));
});

document.getElementById("watch").addEventListener("click", async () => {
  const asked = parameters({ moving: false });
  asked.set("name", form.q.value.trim() || "Search");
  try {
    const dialog = document.getElementById("yaml");
    dialog.querySelector("pre").textContent = await (await ask(`/api/v1/search/watch?${asked}`)).text();
    dialog.showModal();
  } catch (error) {
    show(error.message);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  if (event.key === "/") {
    event.preventDefault();
    form.q.focus();
  } else if (event.key === "j" || event.key === "k") {
    const anchors = [...hits.querySelectorAll("h3 a")];
    const at = anchors.indexOf(document.activeElement);
    anchors[Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), anchors.length - 1)]?.focus();
  }
});

addEventListener("popstate", () => {
  fill();
  search();
});

navigation(document.getElementById("pages"));
fill();
search();
