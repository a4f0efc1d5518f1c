// What looking again at the page of a source has found.

import { clock, element } from "./text.js";

/** "changed on 3 Dec: three ships → two ships", "withdrawn on 3 Dec"; null where nothing was found. */
export function pageChange(source) {
  const found = source.changed;
  if (!found) return null;
  const when = element("time", "", clock(found.looked_at));
  when.dateTime = found.looked_at;
  const made = element("small", "recheck", element("strong", "", found.outcome), " ", when);
  for (const { before, after } of found.differences || []) {
    const line = element("span", "difference");
    if (before) line.append(element("del", "", before), " ");
    if (after) line.append(element("ins", "", after));
    made.append(line);
  }
  return made;
}
