// The watches: what each asks for, what it delivered, and its file, tried on the stored alerts before it is saved.

import { button } from "./actions.js";
import * as api from "./client.js";
import { begin, editor, mark, refusal, table } from "./shell.js";
import { clock, element, plural } from "./text.js";

const HOW = "This API has no watches to edit: set WIREWATCH_API_WATCHES.";
let held = { watches: [], deliveries: [], problems: [], text: null, editable: false, versions: 0 };
let page = null;

/** With `editing` the text that is being written stays as it is: only the watches are drawn again. */
async function load({ editing = false } = {}) {
  try {
    held = await api.call("/api/v1/watches");
  } catch (error) {
    if (error.status === 401 && (await page.session.ask())) return load();
    page.say(error.message);
  }
  if (editing) page.content.firstChild.replaceWith(watches());
  else draw();
}

function draw() {
  if (!page) return;
  const refused = refusal(page.session, held.editable, HOW);
  page.content.replaceChildren(
    watches(),
    part("Deliveries", deliveries()),
    part("The file", refused && held.text === null ? element("p", "refusal", refused) : file(refused)),
  );
  if (held.problems.length) page.say(held.problems.join(" "));
}

function watches() {
  const rows = held.watches.map((watch) => [watch.name, watch.when, watch.channels, watch.timing]);
  return part("Watches", table(["Watch", "Matches", "Channels", "When"], rows, "No watch."));
}

function part(title, content) {
  return element("section", "", element("h2", "", title), content);
}

function deliveries() {
  const failed = held.deliveries.filter((one) => one.state === "dead" || one.error).length;
  const rows = held.deliveries.map((one) => {
    const what = mark("a", { href: one.delivery.alert_id ? `/#${one.delivery.alert_id}` : "/", dir: "auto" }, one.delivery.headline);
    return [clock(one.delivery.queued_at), one.delivery.watch_id, one.delivery.channel_id, one.state, String(one.attempts ?? 0), what, one.error || ""];
  });
  const shown = table(["Queued", "Watch", "Channel", "State", "Tries", "Alert", "Error"], rows, "Nothing was delivered in the last 8 days.");
  return rows.length ? element("div", "", element("p", "hint", `The last ${plural(rows.length, "delivery").replace("deliverys", "deliveries")}, ${failed} with an error.`), shown) : shown;
}

function file(refused) {
  const result = mark("div", { role: "status" });
  const made = editor("The watch file", held.text || "", { onInput: (text) => attempt(text), readonly: refused !== null });
  async function attempt(text) {
    try {
      const { problems, raised, summary } = await api.send("POST", "/api/v1/watches", { text });
      made.show(problems);
      const signs = { both: "", new: "new", gone: "gone" };
      if (!summary) return result.replaceChildren();
      const rows = raised.slice(-100).reverse().map((one) => [signs[one.how], one.severity, one.watch_id, one.channel_id, one.headline, one.missed ? `lacks ${one.missed}` : ""]);
      result.replaceChildren(
        element("p", "", `Of ${plural(summary.alerts, "stored alert")} this file would deliver ${summary.changed}, the one in force ${summary.current}: ${summary.new} new, ${summary.gone} gone. Quiet hours, limits and digests are left out.`),
        table(["", "Severity", "Watch", "Channel", "Alert", ""], rows, "It would deliver nothing."),
      );
    } catch (error) {
      page.say(error.message);
    }
  }
  const disabled = refused !== null;
  const save = button("Save", async () => {
    try {
      const { problems } = await api.send("PUT", "/api/v1/watches", { text: made.field.value });
      made.show(problems);
      page.say(problems.length ? "Not saved: the file cannot be used." : "Saved. The notifier takes it within seconds; with wirewatch up, the first save needs a restart.");
      if (!problems.length) await load({ editing: true });
      undo.disabled = !held.versions;
    } catch (error) {
      page.say(error.message);
    }
  }, { disabled });
  const undo = button("Undo", async () => {
    try {
      await api.call("/api/v1/watches/version", { method: "DELETE" });
      page.say("The version before is back.");
      await load();
    } catch (error) {
      page.say(error.message);
    }
  }, { disabled: disabled || !held.versions, title: "Bring back the version before the last save" });
  return element("div", "", element("p", "row-of", button("Try on stored alerts", () => attempt(made.field.value), { disabled }), save, undo, refused ? element("span", "refusal", refused) : null), made.root, result);
}

page = await begin("Watches", draw);
await load();
