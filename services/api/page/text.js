// Small pieces that make elements. Whatever came from the world goes in as text, never as markup.

// Controls, direction marks and overrides, and what takes no room: they can make a headline read as another one. The two
// joiners stay, because words of some scripts and some emoji are spelled with them; so do tabs and line ends.
const HIDING = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** `text` without what hides or turns text. */
export function clean(text) {
  return text.replace(HIDING, "");
}

export function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content.filter((part) => part !== null && part !== undefined));
  return made;
}

/** An address that may become a link: http and https only. */
export function webAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

export function link(text, address) {
  const href = webAddress(address);
  if (!href) return document.createTextNode(text);
  const made = element("a", "", text);
  made.href = href;
  made.rel = "noopener noreferrer";
  made.target = "_blank";
  return made;
}

export function ago(time, now = Date.now()) {
  const seconds = (now - Date.parse(time)) / 1000;
  return seconds < 45 ? "just now" : `${span(seconds)} ago`;
}

export function span(seconds) {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

/** A time that counts up by itself: page.js renews every `time.ago`. */
export function timeAgo(time) {
  const made = element("time", "ago", ago(time));
  made.dateTime = time;
  made.title = clock(time);
  return made;
}

/** The time in UTC, and by the clock of this machine where that is another one. */
export function clock(time) {
  const at = new Date(time);
  const utc = at.toISOString();
  if (!at.getTimezoneOffset()) return `${utc.slice(0, 10)} ${utc.slice(11, 16)} UTC`;
  const here = new Date(at - at.getTimezoneOffset() * 60000).toISOString();
  const day = here.slice(0, 10) === utc.slice(0, 10) ? "" : `${here.slice(5, 10)} `;
  return `${utc.slice(0, 10)} ${utc.slice(11, 16)} UTC (${day}${here.slice(11, 16)} here)`;
}

/** `made` with words of the world in it: written in their own direction, read in their own language. */
export function foreign(made, language) {
  made.dir = "auto";
  if (language) made.lang = language;
  return made;
}

export function plural(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** What stands over an alert: its headline, else the first sentence that proves it. */
export function titleOf(alert) {
  return alert.headline || alert.evidence[0]?.quote || "(no headline)";
}

/** Who does what to whom, where: the signs between the parts are for the eye alone. */
export function eventLine(alert) {
  const [summary] = alert.event_summaries || [];
  if (!summary) return null;
  const parts = summary.split(/( → | · )/).map((part, number) => {
    if (number % 2 === 0) return part;
    const sign = element("span", "", part);
    sign.setAttribute("aria-hidden", "true");
    return sign;
  });
  return element("p", "event", element("span", "unseen", "Event: "), ...parts);
}

export function topicName(topic) {
  return topic.replaceAll("_", " ");
}

/** `text` with every part that stands in `words` in a <strong>: the actors and places of a sentence. */
export function emphasised(text, words) {
  const known = [...new Set(words.filter((word) => word.length > 2))].sort((a, b) => b.length - a.length);
  if (!known.length) return [text];
  const pattern = new RegExp(`(?<!\\p{L})(${known.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})(?!\\p{L})`, "giu");
  return text.split(pattern).map((part, number) => (number % 2 ? element("strong", "", part) : part));
}

/** `text` with the parts that stand in `quotes` marked. */
export function marked(text, quotes) {
  const spans = [];
  for (const quote of quotes) {
    const at = quote.length > 3 ? text.indexOf(quote) : -1;
    if (at >= 0 && !spans.some(([from, to]) => at < to && at + quote.length > from)) spans.push([at, at + quote.length]);
  }
  spans.sort((a, b) => a[0] - b[0]);
  const parts = [];
  let from = 0;
  for (const [begin, end] of spans) {
    parts.push(text.slice(from, begin), element("mark", "", text.slice(begin, end)));
    from = end;
  }
  parts.push(text.slice(from));
  return parts;
}
