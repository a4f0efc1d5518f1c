// The page: what is filtered for stands in the address, what is chosen behind its #.

import { BY_ANALYSTS } from "./actions.js";
import * as api from "./client.js";
import * as detail from "./detail.js";
import { Filters } from "./filters.js";
import { DesktopNotices } from "./notices.js";
import * as pipeline from "./pipeline.js";
import { listen } from "./keyboard.js";
import { List } from "./list.js";
import { announce, connected, trouble } from "./live.js";
import { WorldMap } from "./map.js";
import * as overview from "./overview.js";
import { Selection } from "./selection.js";
import { Session } from "./session.js";
import { navigation, signInDialog, switchTheme } from "./shell.js";
import { waker } from "./snoozes.js";
import { store, stored } from "./storage.js";
import { plural } from "./text.js";
import * as views from "./views.js";

const PAGE = 100;
const RETRY_MS = 3000;
const $ = (id) => document.getElementById(id);
const narrow = matchMedia("(max-width: 60rem)");

document.body.append(signInDialog());
const list = new List($("alerts"), {
  onChoose: (id) => choose(id, { read: true }),
  onSelect: (id, on) => selection.toggle(id, on),
});
const map = new WorldMap($("map"), {
  onPick: (filter, value) => filters.set(filter, filters.values[filter] === value ? "" : value),
});
const filters = new Filters($("filters"), { countryName: (code) => map.name(code), onChange: refilter });
const session = new Session({ button: $("who"), dialog: $("ask"), onChange: signedIn });
const selection = new Selection($("selection"), {
  session,
  onAct: act,
  onMerge: merge,
  onChange: (id, on) => list.select(id, on),
});
const desktop = new DesktopNotices($("desktop"), { onOpen: (id) => choose(id, { read: true }), onRefused: notice });
const wakeLater = waker(() => load());
let cursor = null;
let loading = null; // the load under way; a newer one makes it give up
let loaded = false;
let summing = 0;
let shown = null; // the alert in the detail
let feeds = null; // how the feeds answer

// ---------------------------------------------------------------- the list

/** The filters have changed: what they exclude is shown no longer. */
function refilter() {
  notice("");
  if (shown && !filters.matches(shown)) close();
  load();
}

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
        wakeLater(alert);
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
    if (error.status === 401 && (await session.ask())) return load();
    trouble(error.message);
    setTimeout(() => mine === loading && load(), RETRY_MS);
    return;
  }
  loaded = true;
  if ($("status").classList.contains("connected")) trouble(null);
  settle();
  if (hashId() && hashId() !== shown?.id) choose(hashId(), { read: narrow.matches, scroll: true });
}

function settle({ searching = false } = {}) {
  const count = list.alerts.length;
  $("count").textContent = searching ? `${count} so far, searching…` : count ? `${count}${cursor ? "+" : ""} · last updated first` : "";
  const empty = $("empty");
  empty.hidden = count > 0 || searching || !loaded;
  empty.textContent = filters.active
    ? "No alert matches these filters. Press x to clear them."
    : `No alerts yet. They appear here by themselves, seconds after an article that came in after the first fetch of its feed.${feeds ? ` ${feeds.summary}.` : ""}`;
  $("feed").href = api.feedOf(filters.values);
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

const hashId = () => /^#([0-9a-f]{24})$/.exec(location.hash)?.[1];

/** Shows an alert. From the list or the overview it is a step that Back takes back, from one alert to the next it is none. */
async function choose(id, { read = false, scroll = false } = {}) {
  notice("");
  list.choose(id, { scroll });
  const address = `${location.pathname}${location.search}#${id}`;
  if (shown || hashId()) history.replaceState(history.state, "", address);
  else history.pushState({ stepped: true }, "", address);
  const alert = list.get(id) || (await api.alertOf(id).catch((error) => missing(error)));
  if (!alert || hashId() !== id) return;
  show(alert);
  document.body.classList.toggle("reading", read || document.body.classList.contains("reading"));
  if (read) $("detail").focus({ preventScroll: true });
  sumUp();
}

/** A link led to an alert that is not there, or cannot be had now. */
function missing(error) {
  notice(error.status === 404 ? "The alert of this link is no longer stored." : error.message);
  close();
  return null;
}

function show(alert) {
  shown = alert;
  document.body.classList.add("chosen");
  detail.render($("detail"), alert, {
    acting: {
      refusal: session.refusal,
      me: session.me.name,
      onAct: (action) => act([alert.id], action),
      onSignIn: session.open ? () => session.ask() : null,
    },
    onBack: back,
    onFilter: (name, value) => filters.set(name, value),
    onCite: () => views.cite(alert, notice),
  });
}

/** Back to the list or the overview, as the browser's Back does it. */
function back() {
  notice("");
  if (!shown) return;
  if (history.state?.stepped) history.back();
  else close({ focus: true });
}

/** Shows no alert any more. */
function close({ focus = false } = {}) {
  const row = list.rows.get(list.chosen);
  shown = null;
  list.choose(null);
  document.body.classList.remove("reading", "chosen");
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  settle();
  if (focus) row?.querySelector("a").focus({ preventScroll: true });
}

/** Acts on alerts, one call for all; says what became of it. */
async function act(ids, action) {
  notice("");
  if (!ids.length) return;
  if (session.open && !(await session.ask())) return;
  if (session.refusal) return notice(session.refusal);
  try {
    const { results } = await api.act(ids, action);
    const refused = results.filter((result) => result.error);
    for (const { alert } of results) if (alert) take(alert, { fresh: false });
    if (refused.length) notice(ids.length === 1 ? refused[0].error : `${plural(refused.length, "alert")} of ${ids.length} stayed as before: ${refused[0].error}`);
    const done = results.length - refused.length;
    if (done) $("news").textContent = `Done: ${action.kind}${action.state ? ` ${action.state}` : ""}, ${plural(done, "alert")}.`;
  } catch (error) {
    notice(error.message);
    if (error.status === 401) await session.begin();
  }
}

/** Merges the selected alerts into the one that was seen first. */
async function merge(ids) {
  const alerts = ids.map((id) => list.get(id)).filter(Boolean).sort((a, b) => a.first_seen.localeCompare(b.first_seen));
  if (alerts.length < 2) return;
  await act(alerts.slice(1).map((alert) => alert.id), { kind: "merge", other: alerts[0].id });
  selection.set([]);
  choose(alerts[0].id);
}

/** What the keys act on: the selection, else the chosen alert. */
function targets() {
  return selection.ids.size ? [...selection.ids] : shown ? [shown.id] : [];
}

function signedIn() {
  filters.me = session.me.name;
  selection.draw();
  if (filters.values.mine) load();
  if (shown) show(shown);
}

/** Says beside the list why something was not done, until the next act. */
function notice(sentence) {
  $("refused").textContent = sentence;
}

// ---------------------------------------------------------------- live

function take(alert, { fresh = true } = {}) {
  const held = list.get(alert.id);
  if (held && held.revision > alert.revision) return;
  filters.learnFrom(alert);
  wakeLater(alert);
  if (filters.matches(alert)) list.put(alert, { fresh });
  else if (list.rows.has(alert.id)) {
    list.remove(alert.id);
    if (selection.ids.has(alert.id)) selection.toggle(alert.id, false);
  }
  if (shown && shown.id === alert.id) show(alert);
  settle();
}

/** What came from the world, and fits the filters, is told to whoever does not look. */
function tell(alert) {
  if (!filters.matches(alert) || alert.changes.some((change) => BY_ANALYSTS.has(change.kind))) return;
  desktop.show(alert);
  announce(alert);
}

// ---------------------------------------------------------------- keys and buttons

listen({
  list,
  selection,
  shown: () => shown,
  choose,
  back,
  act: (action) => act(targets(), action),
  me: () => session.me.name,
  find: () => {
    document.body.classList.add("filtering");
    $("filters").elements.words.focus();
  },
  clear: () => $("filters").reset(),
  help: () => $("help").showModal(),
});

$("keys").addEventListener("click", () => $("help").showModal());
$("filter").addEventListener("click", () => {
  const open = document.body.classList.toggle("filtering");
  $("filter").setAttribute("aria-expanded", String(open));
});
switchTheme($("theme"));
views.listen({
  onOpen: (search) => {
    history.pushState(null, "", location.pathname + search);
    if (shown) close();
    readAddress();
    load();
  },
  alerts: () => list.alerts,
});
addEventListener("popstate", () => {
  if (location.hash.startsWith("#token=")) return;
  const before = JSON.stringify(filters.values);
  filters.readAddress();
  if (JSON.stringify(filters.values) !== before) load();
  if (hashId()) choose(hashId(), { read: narrow.matches });
  else if (shown) close({ focus: true });
});
addEventListener("hashchange", () => location.hash.startsWith("#token=") && session.begin());

// ---------------------------------------------------------------- start

/** Sets the filters that the address names, and says which of them mean nothing. */
function readAddress() {
  const wrong = filters.readAddress();
  filters.writeAddress();
  if (wrong.length) notice(`The address asks for ${wrong.join(" and ")} in a way that means nothing: it is left out.`);
}

navigation($("pages"));
const world = $("world");
world.open = stored("map", narrow.matches ? "closed" : "open") === "open";
world.querySelector("summary").addEventListener("click", () => store("map", world.open ? "closed" : "open"));
new ResizeObserver(([{ target }]) => {
  document.documentElement.style.setProperty("--header", `${target.offsetHeight}px`);
}).observe(document.querySelector("body > header"));
pipeline.follow($("pipeline"), api.pipeline, (now) => {
  const changed = feeds?.summary !== now?.summary;
  feeds = now;
  if (changed) settle();
});
Promise.all([map.load(), session.begin()]).then(() => {
  readAddress();
  // The list is asked for once the stream stands, so that nothing falls between the two.
  api.follow({
    onAlert: (alert) => {
      take(alert);
      tell(alert);
    },
    onLive: () => {
      connected(true);
      if (loaded) trouble(null);
      else load();
    },
    onLost: (sentence) => {
      connected(false);
      trouble(sentence);
      if (!loaded && !loading) load();
    },
  });
});
