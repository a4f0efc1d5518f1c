// The watches: what each asks for, what it delivered, and its file, tried on the stored alerts before it is saved.

import { button } from "./actions.js";
import * as api from "./client.js";
import { begin, editor, mark, refusal, table } from "./shell.js";
import { clock, element, plural } from "./text.js";

const HOW = "This API has no watches to edit: set WIREWATCH_API_WATCHES.";
let held = { watches: [], deliveries: [], problems: [], text: null, editable: false, versions: 0 };
let page = null;
const STATES = { queued: "waits", held: "held", digested: "in a digest", sent: "sent", dead: "given up" };

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
    deliveries(),
    part("The file", refused && held.text === null ? element("p", "refusal", refused) : file(refused)),
  );
  if (held.problems.length) page.say(held.problems.join(" "));
}

function watches() {
  const disabled = !page.session.me.may.includes("edit");
  const rows = held.watches.map((watch) => [watch.name, watch.when, watch.channels, watch.timing, button("Send a test", () => test(watch.id), { disabled, key: `test ${watch.id}`, title: "A message that says it is a test goes through every channel of this watch" })]);
  return part("In force", table(["Watch", "Matches", "Channels", "When", ""], rows, "No watch."));
}

/** Has a test sent, and looks at what became of it until all of it has left or was given up. */
async function test(id) {
  try {
    const { channels } = await api.send("POST", `/api/v1/watches/${encodeURIComponent(id)}/test`, {});
    page.say(`A test goes through ${plural(channels, "channel")}: see the deliveries.`);
    for (let seconds = 0; seconds < 30; seconds += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      held.deliveries = (await api.call("/api/v1/watches")).deliveries;
      page.content.querySelector("#deliveries").replaceWith(deliveries());
      const tests = held.deliveries.filter((one) => one.delivery.test && one.delivery.watch_id === id).slice(0, channels);
      if (tests.length === channels && tests.every((one) => one.state !== "queued")) return;
    }
    page.say("The notifier has not sent the test yet: does it run?");
  } catch (error) {
    page.say(error.message);
  }
}

function part(title, content) {
  return element("section", "", element("h2", "", title), content);
}

/** Which channels work, as the last of their deliveries say, then all deliveries with what became of them. */
/** A delivery's headline, and which revision of the alert it is where it is not the first. */
const revised = ({ headline, revision }) => (revision > 1 ? `${headline} (revision ${revision})` : headline);

function deliveries() {
  const channels = new Map();
  for (const one of held.deliveries) {
    const of = channels.get(one.delivery.channel_id) || { last: one, sent: null, failed: 0, waiting: 0 };
    if (one.state === "sent" && !of.sent) of.sent = one.finished_at;
    if (one.state === "dead") of.failed += 1;
    if (one.state === "queued" || one.state === "held") of.waiting += 1;
    if (!of.error && one.error) of.error = one.error;
    channels.set(one.delivery.channel_id, of);
  }
  const standing = [...channels].map(([id, of]) => [id, of.sent ? clock(of.sent) : "never", String(of.waiting), String(of.failed), of.error || ""]);
  const rows = held.deliveries.map((one) => {
    const { delivery } = one;
    const what = delivery.alert_id ? mark("a", { href: `/#${delivery.alert_id}`, dir: "auto" }, revised(delivery)) : mark("span", { dir: "auto" }, delivery.headline);
    return [clock(delivery.queued_at), delivery.watch_id, delivery.channel_id, `${delivery.test ? "test, " : ""}${STATES[one.state]}`, String(one.attempts ?? 0), what, one.error || ""];
  });
  const made = part("Deliveries", element("div", "",
    standing.length ? table(["Channel", "Last sent", "Waiting", "Given up", "Last error"], standing, "") : "",
    table(["Queued", "Watch", "Channel", "State", "Tries", "What", "Error"], rows, "Nothing was delivered in the last 8 days.")));
  made.id = "deliveries";
  return made;
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
      const rows = raised.slice(-100).reverse().map((one) => [signs[one.how], one.severity, one.watch_id, one.channel_id, revised(one), one.missed ? `lacks ${one.missed}` : ""]);
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
      page.say(problems.length ? "Not saved: the file cannot be used." : "Saved. The notifier takes it within seconds.");
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
