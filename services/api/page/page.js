// The page: what is filtered for stands in the address, what is chosen behind its #.

import * as api from "./client.js";
import { render } from "./detail.js";
import { List } from "./list.js";
import { WorldMap } from "./map.js";
import { ago, topicName } from "./text.js";

const PAGE = 100;
const FILTERS = ["topic", "min_severity", "actor", "place", "hours", "words", "done"];
const LEVELS = ["low", "medium", "high", "critical"];
const $ = (id) => document.getElementById(id);

const form = $("filters");
const list = new List($("alerts"), { onChoose: (id) => choose(id, { read: true }) });
const map = new WorldMap($("map"), { onPlace: (code) => filter("place", filters().place === code ? "" : code) });
const names = { topic: new Map(), actor: new Map(), place: new Map() }; // value -> label, for the filters
let cursor = null;
let loading = null; // the load under way; a newer one makes it give up
let unread = 0;
let shown = null; // the alert in the detail

// ---------------------------------------------------------------- filters

function filters() {
  return Object.fromEntries(FILTERS.map((name) => {
    const field = form.elements[name];
    return [name, field.type === "checkbox" ? (field.checked ? "1" : "") : field.value.trim()];
  }));
}

function readAddress() {
  const asked = new URLSearchParams(location.search);
  for (const name of FILTERS) {
    const field = form.elements[name];
    const value = asked.get(name) || "";
    if (field.type === "checkbox") field.checked = value === "1";
    else {
      if (value && names[name]) learn(name, value, value);
      field.value = value;
    }
  }
}

function writeAddress() {
  const asked = new URLSearchParams(Object.entries(filters()).filter(([, value]) => value));
  const query = asked.size ? `?${asked}` : location.pathname;
  history.replaceState(null, "", query + location.hash);
}

function filter(name, value) {
  if (names[name] && value) learn(name, value, names[name].get(value) || value);
  form.elements[name].value = value;
  refilter();
}

function refilter() {
  writeAddress();
  load();
}

function learn(name, value, label) {
  const known = names[name];
  if (known.get(value) === label || (known.has(value) && label === value)) return;
  known.set(value, label);
  const field = form.elements[name];
  const chosen = field.value;
  const options = [...known].sort((a, b) => a[1].localeCompare(b[1])).map(([v, text]) => new Option(text, v));
  field.replaceChildren(new Option("all", ""), ...options);
  field.value = chosen;
}

function learnFrom(alert) {
  for (const topic of alert.topics) learn("topic", topic.topic, topicName(topic.topic));
  for (const actor of alert.actors) learn("actor", actor.id, actor.name);
  for (const place of alert.places) if (place.country) learn("place", place.country, map.name(place.country));
}

function matches(alert, asked) {
  if (!asked.done && (alert.state === "muted" || alert.state === "closed")) return false;
  if (asked.topic && !alert.topics.some((topic) => topic.topic === asked.topic)) return false;
  if (asked.actor && !alert.actors.some((actor) => actor.id === asked.actor)) return false;
  if (asked.place && !alert.places.some((place) => place.country === asked.place)) return false;
  if (asked.min_severity && LEVELS.indexOf(alert.severity) < LEVELS.indexOf(asked.min_severity)) return false;
  if (asked.hours && Date.now() - Date.parse(alert.last_updated) > asked.hours * 3600000) return false;
  if (!asked.words) return true;
  const text = [alert.headline, ...alert.lead, ...alert.evidence.map((piece) => piece.quote), ...alert.sources.map((s) => s.outlet)];
  const plain = text.join(" ").toLowerCase();
  return asked.words.toLowerCase().split(/\s+/).every((word) => plain.includes(word));
}

// ---------------------------------------------------------------- the list

async function load() {
  const mine = (loading = {});
  cursor = null;
  list.clear();
  await loadMore(mine);
}

async function loadMore(mine = loading) {
  const asked = filters();
  let added = 0;
  try {
    do {
      const page = await api.page(asked, cursor, PAGE);
      if (mine !== loading) return;
      for (const alert of page.alerts) {
        learnFrom(alert);
        if (matches(alert, asked)) {
          list.put(alert);
          added += 1;
        }
      }
      cursor = page.next_cursor;
    } while (cursor && added < PAGE / 2);
  } catch (error) {
    if (mine === loading) $("status").textContent = error.message;
    throw error;
  }
  settle();
  if (location.hash.length === 25 && location.hash.slice(1) !== shown?.id) choose(location.hash.slice(1), { scroll: true });
}

function settle() {
  const count = list.alerts.length;
  $("count").textContent = count ? `${count}${cursor ? "+" : ""}, last updated first` : "";
  const empty = $("empty");
  empty.hidden = count > 0;
  const narrowed = Object.values(filters()).some(Boolean);
  empty.textContent = narrowed ? "No alert matches these filters." : "No alerts yet. They appear here by themselves.";
  map.show(list.alerts, { place: filters().place, chosen: list.chosen });
}

new IntersectionObserver((entries) => {
  if (cursor && entries.some((entry) => entry.isIntersecting)) loadMore().catch(() => {});
}, { rootMargin: "600px" }).observe($("more"));

// ---------------------------------------------------------------- one alert

async function choose(id, { read = false, scroll = false } = {}) {
  list.choose(id, { scroll });
  history.replaceState(null, "", `${location.pathname}${location.search}#${id}`);
  const alert = list.get(id) || (await api.alertOf(id).catch(() => null));
  if (!alert) return;
  show(alert);
  document.body.classList.toggle("reading", read || document.body.classList.contains("reading"));
  if (read) $("detail").focus({ preventScroll: true });
  map.show(list.alerts, { place: filters().place, chosen: id });
}

function show(alert) {
  shown = alert;
  render($("detail"), alert, { onBack: back, onFilter: filter, onState: changeState });
}

function back() {
  document.body.classList.remove("reading");
  list.rows.get(list.chosen)?.querySelector("a").focus();
}

async function changeState(state) {
  if (!shown) return;
  const token = sessionStorage.getItem("token") || (await askToken());
  if (!token) return;
  try {
    const alert = await api.move(shown.id, state, token);
    sessionStorage.setItem("token", token);
    take(alert, { fresh: false });
    show(alert);
  } catch (error) {
    if (error.status === 401 || error.status === 403) sessionStorage.removeItem("token");
    $("status").textContent = error.message;
  }
}

function askToken() {
  const ask = $("ask");
  ask.showModal();
  return new Promise((resolve) => {
    ask.addEventListener("close", () => {
      const token = ask.returnValue === "ok" ? $("token").value.trim() : "";
      $("token").value = "";
      resolve(token);
    }, { once: true });
  });
}

// ---------------------------------------------------------------- live

function take(alert, { fresh = true } = {}) {
  const held = list.get(alert.id);
  if (held && held.revision > alert.revision) return;
  learnFrom(alert);
  if (matches(alert, filters())) list.put(alert, { fresh });
  else list.remove(alert.id);
  if (shown && shown.id === alert.id) show(alert);
  settle();
}

function announce(alert) {
  if (!matches(alert, filters())) return;
  $("news").textContent = `${alert.revision === 1 ? "New" : "Revised"} ${alert.severity} alert: ${alert.headline}`;
  if (document.hidden) document.title = `(${(unread += 1)}) Wirewatch`;
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    unread = 0;
    document.title = "Wirewatch";
  }
});

setInterval(() => {
  for (const time of document.querySelectorAll("time.ago")) time.textContent = ago(time.dateTime);
}, 20000);

// ---------------------------------------------------------------- keys and buttons

const moves = { a: "acknowledged", m: "muted", c: "closed", n: "new" };

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, dialog");
  if (event.key === "Escape" && !event.target.closest("dialog")) {
    if (typing) event.target.blur();
    back();
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j" || event.key === "k") {
    const next = list.beside(event.key === "j" ? 1 : -1);
    if (next) choose(next.id, { scroll: true });
  } else if (event.key === "Enter" && event.target.closest("button, a, summary, [role=button]") === null && shown) {
    if (document.body.classList.contains("reading")) $("detail").querySelector("h2 a")?.click();
    else choose(shown.id, { read: true });
  } else if (event.key === "/") {
    event.preventDefault();
    form.elements.words.focus();
  } else if (event.key === "x") {
    form.reset();
  } else if (event.key === "?") {
    $("help").showModal();
  } else if (moves[event.key] && shown) {
    changeState(moves[event.key]);
  }
});

let typed = 0;
form.addEventListener("input", () => {
  clearTimeout(typed);
  typed = setTimeout(refilter, 200);
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(refilter, 0));
$("keys").addEventListener("click", () => $("help").showModal());
$("theme").addEventListener("click", () => {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
  document.documentElement.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("theme", document.documentElement.dataset.theme);
  } catch {
    // Storage can be forbidden; the theme then lasts as long as the page.
  }
});
addEventListener("popstate", () => {
  readAddress();
  load().catch(() => {});
});

// ---------------------------------------------------------------- start

async function start() {
  try {
    await load();
  } catch {
    setTimeout(start, 3000);
    return;
  }
  api.follow({
    onAlert: (alert) => {
      take(alert);
      announce(alert);
    },
    onState: (live) => {
      const status = $("status");
      status.textContent = live ? "live" : "connection lost, trying again";
      status.classList.toggle("live", live);
    },
  });
}

if (matchMedia("(max-width: 60rem)").matches) $("world").open = false;
map.load().then(() => {
  readAddress();
  return start();
});
