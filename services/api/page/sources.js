// The feeds: how each stands, and what an editor does with them.

import { button, menu } from "./actions.js";
import * as api from "./client.js";
import { begin, mark, refusal } from "./shell.js";
import { clock, element, link, plural, span, timeAgo } from "./text.js";

const WORDS = { ok: "ok", new: "not polled yet", failing: "failing", silent: "silent", lying: "validators lie", gone: "gone", merged: "moved to another feed", paused: "paused" };
const HOW = "This API has no feed list to edit: set WIREWATCH_API_FEEDS.";
let held = { editable: false, tiers: [], feeds: [] };
const chosen = new Set();
const wanted = { words: "", health: "" };
let page = null;

async function load() {
  try {
    held = await api.call("/api/v1/sources");
  } catch (error) {
    if (error.status === 401 && (await page.session.ask())) return load();
    page.say(error.message);
  }
  draw();
}

async function change(body) {
  page.say("");
  try {
    const { changed } = await api.send("POST", "/api/v1/sources", body);
    page.say(body.do === "check" ? `The poller asks ${plural(changed, "feed")} within seconds.` : `Done: ${plural(changed, "feed")}. The poller takes the list within half a minute.`);
    chosen.clear();
    await load();
  } catch (error) {
    page.say(error.message);
  }
}

function draw() {
  if (!page) return;
  const refused = refusal(page.session, held.editable, HOW);
  const shown = held.feeds.filter((feed) => (!wanted.health || feed.health === wanted.health) && `${feed.title} ${feed.url} ${feed.folder} ${feed.language}`.toLowerCase().includes(wanted.words.toLowerCase()));
  const table = mark("table", { class: "wide" }, head(), element("tbody", "", ...shown.map((feed) => row(feed, refused === null))));
  const scroll = mark("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Feeds" }, table);
  body.replaceChildren(acts(refused), scroll);
  page.content.querySelector("#sum").textContent = sum(shown);
}

const body = element("div");

function sum(shown) {
  const counts = new Map();
  for (const feed of shown) counts.set(feed.health, (counts.get(feed.health) || 0) + 1);
  return `${plural(shown.length, "feed")}: ${[...counts].map(([health, many]) => `${many} ${WORDS[health] || health}`).join(", ")}`;
}

function filters() {
  const words = mark("input", { type: "search", "aria-label": "Words" , placeholder: "Words"});
  words.addEventListener("input", () => {
    wanted.words = words.value;
    draw();
  });
  const health = element("select", "", new Option("any health", ""), ...Object.entries(WORDS).map(([value, label]) => new Option(label, value)));
  health.setAttribute("aria-label", "Health");
  health.addEventListener("change", () => {
    wanted.health = health.value;
    draw();
  });
  const opml = mark("a", { href: "/api/v1/sources.opml", download: "wirewatch.opml" }, "Export OPML");
  return element("p", "row-of", words, health, mark("span", { id: "sum", class: "hint", role: "status" }), opml);
}

function acts(refused) {
  const disabled = refused !== null;
  const urls = () => [...chosen];
  const none = disabled || !chosen.size;
  const act = (label, what) => button(label, () => change({ do: what, urls: urls() }), { disabled: none });
  const tiers = [["by its own cadence", ""], ...held.tiers.map((tier) => [tier, tier])];
  return element("div", "row-of",
    element("strong", "", plural(chosen.size, "feed"), " selected"), act("Check now", "check"), act("Pause", "pause"), act("Resume", "resume"),
    menu("Tier…", tiers, (tier) => change({ do: "tier", urls: urls(), tier }), { disabled: none }), act("Remove", "remove"),
    disabled ? element("span", "refusal", refused) : null, disabled ? null : addForm());
}

function addForm() {
  const url = mark("input", { type: "url", required: "", placeholder: "Address of the feed", "aria-label": "Address of a feed" });
  const title = mark("input", { placeholder: "Name", "aria-label": "Name of the feed" });
  const file = mark("input", { type: "file", accept: ".opml,.xml", "aria-label": "Import an OPML file" });
  file.addEventListener("change", async () => file.files[0] && change({ do: "import", opml: await file.files[0].text() }));
  const form = element("form", "row-of", url, title, element("button", "", "Add"), element("label", "", "Import OPML ", file));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    change({ do: "add", urls: [url.value.trim()], title: title.value.trim() || null });
  });
  return form;
}

const NAMES = ["", "Feed", "Health", "Last news", "New/day", "Delay", "Last success", "Next poll", "Tier"];

function head() {
  return element("thead", "", element("tr", "", ...NAMES.map((name) => mark(name ? "th" : "td", name ? { scope: "col" } : {}, name))));
}

function row(feed, may) {
  const box = mark("input", { type: "checkbox", "aria-label": `Select ${feed.title || feed.url}` });
  box.checked = chosen.has(feed.url);
  box.disabled = !may;
  box.addEventListener("change", () => {
    if (box.checked) chosen.add(feed.url);
    else chosen.delete(feed.url);
    body.firstChild.replaceWith(acts(refusal(page.session, held.editable, HOW)));
  });
  const health = element("td", `health ${feed.health}`, WORDS[feed.health] || feed.health, feed.problem ? `: ${feed.problem}` : "");
  if (feed.detail) health.append(element("small", "", feed.detail));
  if (feed.since) health.append(element("small", "", `since ${clock(feed.since)}`));
  const time = (at) => element("td", "", at ? timeAgo(at) : "–");
  const next = feed.next_poll_at ? Date.parse(feed.next_poll_at) - Date.now() : null;
  const made = element("tr", "", element("td", "", box),
    mark("th", { scope: "row", dir: "auto" }, link(feed.title || feed.url, feed.url), element("small", "", [feed.folder, feed.language, feed.country].filter(Boolean).join(" · "))),
    health, time(feed.last_new_at), element("td", "", feed.items_a_day ? feed.items_a_day.toFixed(1) : "–"), element("td", "", feed.delay_seconds ? span(feed.delay_seconds) : "–"),
    time(feed.last_success_at), element("td", "", next === null || feed.health === "paused" ? "–" : next > 0 ? `in ${span(next / 1000)}` : "now"), element("td", "", feed.tier || "–"));
  for (const [at, cell] of [...made.children].entries()) if (at > 1) cell.dataset.name = NAMES[at];
  made.lastChild.previousSibling.title = feed.why_then || "";
  return made;
}

page = await begin("Sources", draw);
page.content.replaceChildren(filters(), body);
await load();
