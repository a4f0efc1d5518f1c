// Lists an alert again when its snooze is over.

import { snoozed } from "./actions.js";

/** A function to be told of every alert; `wake` is called when the first of them that sleeps wakes up. */
export function waker(wake) {
  let waking = null;
  return (alert) => {
    if (!snoozed(alert)) return;
    const at = Date.parse(alert.snoozed_until);
    if (waking && waking.at <= at) return;
    clearTimeout(waking?.timer);
    const timer = setTimeout(() => {
      waking = null;
      wake();
    }, Math.min(at - Date.now() + 500, 2 ** 31 - 1));
    waking = { at, timer };
  };
}
