// What the pages beside the alerts have in common: the header, who one is, one place for what went wrong.

import { button } from "./actions.js";
import { Session } from "./session.js";
import { store } from "./storage.js";
import { element } from "./text.js";

const PAGES = { "/": "Alerts", "/sources": "Sources", "/watches": "Watches", "/topics": "Topics", "/search": "Archive" };

export function mark(name, attributes, ...content) {
  const made = element(name, "", ...content);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** The links to all pages, in `nav`. */
export function navigation(nav) {
  nav.setAttribute("aria-label", "Pages");
  for (const [address, name] of Object.entries(PAGES)) {
    const link = mark("a", { href: address }, name);
    if (address === location.pathname) link.setAttribute("aria-current", "page");
    nav.append(link, " ");
  }
  return nav;
}

/** Has a button switch between light and dark. */
export function switchTheme(made) {
  made.addEventListener("click", () => {
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
    document.documentElement.dataset.theme = dark ? "light" : "dark";
    store("theme", document.documentElement.dataset.theme);
  });
  return made;
}

/** The header, the dialog and the page's title. `draw` is called with the session now, and whenever that changes. */
export async function begin(title, draw) {
  const who = button("Sign in", () => {});
  const theme = switchTheme(button("◐", () => {}));
  theme.setAttribute("aria-label", "Switch between light and dark");
  const tools = element("div", "tools", who, theme);
  const brand = mark("a", { href: "/", class: "brand" }, "Wirewatch");
  document.body.prepend(element("header", "", brand, navigation(element("nav")), tools), signInDialog());
  const said = mark("p", { id: "refused", role: "alert" });
  const content = element("div", "", "Loading…");
  document.getElementById("desk").replaceChildren(element("h1", "", title), said, content);
  const session = new Session({ button: who, dialog: document.getElementById("ask"), onChange: () => draw(session) });
  await session.begin();
  return { session, content, say: (sentence) => (said.textContent = sentence) };
}

/** The dialog for signing in: with a token, and where there is one with the provider of the team. */
export function signInDialog() {
  const token = mark("input", { id: "token", type: "password", autocomplete: "off" });
  const close = mark("button", { value: "", formnovalidate: "" }, "Cancel");
  const team = mark("p", { class: "team" }, mark("a", { href: "/api/v1/session/oidc" }, "Sign in with your team's account"));
  const byToken = mark("div", { class: "by-token" }, element("p", "", "Paste your token, or your line of the token file. This browser keeps a session for 30 days, or until you sign out."), element("label", "", "Token ", token));
  const form = mark("form", { method: "dialog" }, mark("h2", { id: "ask-title" }, "Sign in"), team, byToken, mark("p", { id: "unknown", role: "alert" }),
    element("p", "buttons", mark("button", { value: "ok" }, "Sign in"), " ", close));
  return mark("dialog", { id: "ask", "aria-labelledby": "ask-title" }, form);
}

/** Why one may not change this page's files, null where one may. */
export function refusal({ me, open }, editable, how) {
  if (!me.may.includes("edit")) return me.name ? `${me.name} may look, not change (role: ${me.role}).` : open ? "Sign in as an editor to change this." : "Nobody may change this: this API has no tokens.";
  return editable ? null : how;
}

/** Rows under their names; a row begins with what it is about. */
export function table(names, rows, empty) {
  if (!rows.length) return element("p", "hint", empty);
  const cells = (row) => row.map((cell, at) => mark(at ? "td" : "th", at ? { "data-name": names[at] } : { scope: "row" }, cell ?? ""));
  const made = mark("table", { class: "wide" }, element("thead", "", element("tr", "", ...names.map((name) => mark("th", { scope: "col" }, name)))), element("tbody", "", ...rows.map((row) => element("tr", "", ...cells(row)))));
  return mark("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": names[0] }, made);
}

/** A text field for a file, with what is wrong with it under it: a click goes to the line. */
export function editor(label, text, { onInput, readonly }) {
  const field = mark("textarea", { "aria-label": label, spellcheck: "false", rows: "24", class: "code" });
  field.value = text;
  field.readOnly = readonly;
  let typed = 0;
  field.addEventListener("input", () => {
    clearTimeout(typed);
    typed = setTimeout(() => onInput(field.value), 600);
  });
  const list = mark("ul", { class: "problems", "aria-live": "polite" });
  const show = (problems) => list.replaceChildren(...problems.map((problem) => {
    const line = /^line (\d+)/.exec(problem)?.[1];
    return element("li", "", line ? button(problem, () => goTo(field, Number(line)), { className: "quiet" }) : problem);
  }));
  return { field, show, root: element("div", "form", field, list) };
}

function goTo(field, line) {
  const lines = field.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  field.focus();
  field.setSelectionRange(start, start + (lines[line - 1] || "").length);
}
