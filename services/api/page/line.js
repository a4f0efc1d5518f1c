// Says above the list where a room of the line cannot do its work: no news is not good news then.

import { clock } from "./text.js";

const EVERY_MS = 3000;
const BAD = { waiting: "New alerts may be missing", silent: "New alerts may be missing", unknown: null, slow: "New alerts may come late", ready: null };

/** Asks `ask` for the rooms for ever, and shows in `box` those that have stood badly in two looks in a row. */
export async function follow(box, ask) {
  let before = new Map();
  for (;;) {
    try {
      const { rooms } = await ask();
      const bad = rooms.filter((room) => BAD[room.state]);
      show(box, bad.filter((room) => before.get(room.room) === room.since));
      before = new Map(bad.map((room) => [room.room, room.since]));
    } catch {
      // Whoever reads the list hears that the api does not answer from the list itself.
      before = new Map();
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

function show(box, rooms) {
  const worst = rooms.find((room) => room.state !== "slow") || rooms[0];
  const sentence = worst ? `${BAD[worst.state]}. ${rooms.map(told).join(" ")}` : "";
  if (box.textContent !== sentence) box.textContent = sentence;
  box.hidden = !sentence;
}

function told({ room, state, detail, since }) {
  const said = (detail || "").replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, clock);
  const ended = said.replace(/\.$/, "");
  return state === "silent" ? `The ${room} has not answered since ${clock(since)} (${ended}).` : `The ${room}: ${ended}.`;
}
