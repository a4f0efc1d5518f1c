// "Before this": the last alerts about the same actors, act or place, as a small timeline.

import { badge } from "./list.js";
import { clean, element, timeAgo } from "./text.js";

/** Puts the section into `root` once the archive has answered; where it knows nothing, or is not there, nothing. */
export async function before(root, id) {
  const place = element("div");
  root.append(place); // another alert may be read by the time of the answer: then this place is gone
  const response = await fetch(`/api/v1/alerts/${encodeURIComponent(id)}/before`, { cache: "no-store" }).catch(() => null);
  const { alerts = [] } = response?.ok ? await response.json() : {};
  if (alerts.length) place.append(element("section", "", element("h3", "", "Before this"), earlier(alerts, lineOf)));
}

/** A timeline of alerts, the newest first. */
export function earlier(alerts, line) {
  return element("ol", "timeline", ...alerts.map((alert) => element("li", alert.severity, ...line(alert))));
}

/** One of them: when, how severe, what happened, and what it shares with the one that is read. */
export function lineOf(alert) {
  const anchor = element("a", "", clean(alert.summary || alert.headline || "An alert"));
  anchor.href = `/#${alert.id}`;
  const shared = alert.shared?.length ? element("small", "because", `also ${alert.shared.map(clean).join(", ")}`) : null;
  return [timeAgo(alert.first_seen), " ", badge(alert.severity), " ", anchor, shared].filter(Boolean);
}
