// The page: what is filtered for stands in the address, what is chosen behind its #.

import * as api from "./client.js";
import * as detail from "./detail.js";
import { Filters } from "./filters.js";
import * as pipeline from "./pipeline.js";
import { List } from "./list.js";
import { WorldMap } from "./map.js";
import * as overview from "./overview.js";
import { ago } from "./text.js";

const PAGE = 100;
const RETRY_MS = 3000;
const $ = (id) => document.getElementById(id);
const narrow = matchMedia("(max-width: 60rem)");

const list = new List($("alerts"), { onChoose: (id) => choose(id, { read: true }) });
const map = new WorldMap($("map"), {
  onPick: (filter, value) => filters.set(filter, filters.values[filter] === value ? "" : value),
});
const filters = new Filters($("filters"), { countryName: (code) => map.name(code), onChange: () => load() });
let cursor = null;
let loading = null; // the load under way; a newer one makes it give up
let loaded = false;
let summing = 0;
let unread = 0;
let shown = null; // the alert in the detail

// ---------------------------------------------------------------- the list

/** Loads the list anew, again and again until it is there or something newer is asked for. */
async function load() {
  const mine = (loading = {});
  cursor = null;
  list.clear();
  await loadMore(mine);
}

async function loadMore(mine = loading) {
  let added = 0;
  try {
    do {
      const page = await api.page(filters.values, cursor, PAGE);
      if (mine !== loading) return;
      for (const alert of page.alerts) {
        filters.learnFrom(alert);
        if (filters.matches(alert)) {
          list.put(alert);
          added += 1;
        }
      }
      cursor = page.next_cursor;
      if (cursor && added < PAGE / 2) settle({ searching: true });
    } while (cursor && added < PAGE / 2);
  } catch (error) {
    if (mine !== loading) return;
    settle();
    if (error.status === 401 && (await askToken())) return load();
    trouble(error.message);
    setTimeout(() => mine === loading && load(), RETRY_MS);
    return;
  }
  loaded = true;
  if ($("status").classList.contains("live")) trouble(null);
  settle();
  if (location.hash.length === 25 && location.hash.slice(1) !== shown?.id) choose(location.hash.slice(1), { scroll: true });
}

function settle({ searching = false } = {}) {
  const count = list.alerts.length;
  $("count").textContent = searching ? `${count} so far, searching…` : count ? `${count}${cursor ? "+" : ""} · last updated first` : "";
  const empty = $("empty");
  empty.hidden = count > 0 || searching || !loaded;
  empty.textContent = filters.active
    ? "No alert matches these filters. Press x to clear them."
    : "No alerts yet. They appear here by themselves, seconds after an article that came in after the first fetch of its feed.";
  $("active").textContent = filters.active ? ` (${filters.active})` : "";
  sumUp();
}

/** Map and overview count the whole list: with a long one they follow a little later, and once for all that came. */
function sumUp() {
  if (summing) return;
  summing = setTimeout(() => {
    summing = 0;
    map.show(list.alerts, { place: filters.values.place, actor: filters.values.actor, chosen: list.chosen });
    if (!shown) overview.render($("detail"), list.alerts, { more: cursor !== null, onFilter: (name, value) => filters.set(name, value) });
  }, list.alerts.length > 500 ? 400 : 0);
}

const end = new IntersectionObserver(async (entries) => {
  if (!cursor || !entries.some((entry) => entry.isIntersecting)) return;
  end.unobserve($("more"));
  await loadMore();
  end.observe($("more")); // tells anew whether it is in sight: it may not have left it
}, { rootMargin: "600px" });
end.observe($("more"));

// ---------------------------------------------------------------- one alert

async function choose(id, { read = false, scroll = false } = {}) {
  list.choose(id, { scroll });
  history.replaceState(null, "", `${location.pathname}${location.search}#${id}`);
  const alert = list.get(id) || (await api.alertOf(id).catch(() => null));
  if (!alert) return;
  show(alert);
  document.body.classList.toggle("reading", read || document.body.classList.contains("reading"));
  if (read) $("detail").focus({ preventScroll: true });
  sumUp();
}

function show(alert) {
  shown = alert;
  detail.render($("detail"), alert, { onBack: back, onFilter: (name, value) => filters.set(name, value), onState: changeState });
}

/** Back to the list; where the list stands beside the alert, back to the overview. */
function back() {
  const row = list.rows.get(list.chosen);
  if (!document.body.classList.contains("reading") || !narrow.matches) {
    shown = null;
    list.choose(null);
    history.replaceState(null, "", location.pathname + location.search);
    settle();
  }
  document.body.classList.remove("reading");
  row?.querySelector("a").focus();
}

async function changeState(state) {
  if (!shown || (!api.token.get() && !(await askToken()))) return;
  $("refused").textContent = "";
  try {
    const alert = await api.move(shown.id, state);
    take(alert, { fresh: false });
    show(alert);
    $("news").textContent = `The alert is ${state} now.`;
  } catch (error) {
    if (error.status === 401 || error.status === 403) api.token.set(null);
    $("refused").textContent = error.message;
  }
}

/** Whether a token was given; it is kept for as long as the tab. */
function askToken() {
  const ask = $("ask");
  if (ask.open) return Promise.resolve(false);
  ask.showModal();
  return new Promise((resolve) => {
    ask.addEventListener("close", () => {
      const given = ask.returnValue === "ok" ? $("token").value.trim() : "";
      $("token").value = "";
      ask.returnValue = "";
      if (given) api.token.set(given);
      resolve(Boolean(given));
    }, { once: true });
  });
}

// ---------------------------------------------------------------- live

function take(alert, { fresh = true } = {}) {
  const held = list.get(alert.id);
  if (held && held.revision > alert.revision) return;
  filters.learnFrom(alert);
  if (filters.matches(alert)) list.put(alert, { fresh });
  else list.remove(alert.id);
  if (shown && shown.id === alert.id) show(alert);
  settle();
}

function announce(alert) {
  if (!filters.matches(alert)) return;
  $("news").textContent = `${alert.revision === 1 ? "New" : "Revised"} ${alert.severity} alert: ${alert.headline}`;
  if (document.hidden) document.title = `(${(unread += 1)}) Wirewatch`;
}

/** Says above the list that it may be old, until it is not (null). */
function trouble(sentence) {
  const box = $("trouble");
  if (sentence !== null && box.dataset.sentence === sentence) return;
  box.dataset.sentence = sentence ?? "";
  box.hidden = sentence === null;
  box.textContent = sentence === null ? "" : `${sentence} What is listed may be old, since ${new Date().toTimeString().slice(0, 5)}. Trying again.`;
}

function live(on) {
  const status = $("status");
  status.textContent = on ? "live" : "not live";
  status.classList.toggle("live", on);
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
    else back();
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
    document.body.classList.add("filtering");
    $("filters").elements.words.focus();
  } else if (event.key === "x") {
    $("filters").reset();
  } else if (event.key === "?") {
    $("help").showModal();
  } else if (moves[event.key] && shown) {
    changeState(moves[event.key]);
  }
});

$("keys").addEventListener("click", () => $("help").showModal());
$("filter").addEventListener("click", () => {
  const open = document.body.classList.toggle("filtering");
  $("filter").setAttribute("aria-expanded", String(open));
});
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
  filters.readAddress();
  load();
});

// ---------------------------------------------------------------- start

if (narrow.matches) $("world").open = false;
pipeline.follow($("line"), api.line);
map.load().then(() => {
  filters.readAddress();
  // The list is asked for once the stream stands, so that nothing falls between the two.
  api.follow({
    onAlert: (alert) => {
      take(alert);
      announce(alert);
    },
    onLive: () => {
      live(true);
      if (loaded) trouble(null);
      else load();
    },
    onLost: (sentence) => {
      live(false);
      trouble(sentence);
      if (!loaded && !loading) load();
    },
  });
});
