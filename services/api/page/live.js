// What one sees of the stream beside the rows: whether it stands, what it brought, and how old the list may be.

import { ago, titleOf } from "./text.js";

const $ = (id) => document.getElementById(id);
const PRESENT = [[document, "visibilitychange"], [window, "focus"], [document, "pointerdown"], [document, "keydown"]];
let unread = 0;

/** Says what has come: to screen readers, and in the title while nobody looks. */
export function announce(alert) {
  $("news").textContent = `${alert.revision === 1 ? "New" : "Revised"} ${alert.severity} alert: ${titleOf(alert)}`;
  if (document.hidden || !document.hasFocus()) document.title = `(${(unread += 1)}) Wirewatch`;
}

/** Says above the list that it may be old, until it is not (null). */
export function trouble(sentence) {
  const box = $("trouble");
  if (sentence !== null && box.dataset.sentence === sentence) return;
  box.dataset.sentence = sentence ?? "";
  box.hidden = sentence === null;
  box.textContent = sentence === null ? "" : `${sentence} What is listed may be old, since ${new Date().toTimeString().slice(0, 5)}. Trying again.`;
}

export function connected(on) {
  const status = $("status");
  status.textContent = on ? "connected" : "not connected";
  status.classList.toggle("connected", on);
}

for (const [target, event] of PRESENT) {
  target.addEventListener(event, () => {
    if (document.hidden || !unread) return;
    unread = 0;
    document.title = "Wirewatch";
  });
}

setInterval(() => {
  for (const time of document.querySelectorAll("time.ago")) time.textContent = ago(time.dateTime);
}, 20000);
