// Desktop notifications of new alerts, where one has asked for them and is looking elsewhere.

import { titleOf } from "./text.js";

const KEY = "desktop";

function wanted() {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
}

export class DesktopNotices {
  constructor(box, { onOpen, onRefused }) {
    this.box = box;
    this.onOpen = onOpen;
    this.known = "Notification" in window;
    box.disabled = !this.known;
    box.checked = this.known && wanted() && Notification.permission === "granted";
    box.addEventListener("change", async () => {
      if (box.checked && (await Notification.requestPermission()) !== "granted") {
        box.checked = false;
        onRefused("This browser does not let the page show desktop notifications: allow them in its settings for this address.");
      }
      try {
        localStorage.setItem(KEY, box.checked ? "on" : "off");
      } catch {
        // Storage can be forbidden; then it lasts as long as the page.
      }
    });
  }

  show(alert) {
    if (!this.box.checked || (!document.hidden && document.hasFocus())) return;
    const made = new Notification(`${alert.severity}: ${titleOf(alert)}`, { body: alert.event_summaries?.[0] || alert.lead[0] || "", tag: alert.id, icon: "/page/icon.svg" });
    made.addEventListener("click", () => {
      window.focus();
      this.onOpen(alert.id);
      made.close();
    });
  }
}
