// The API, as the page uses it. Who one is stands in a cookie that no script can read.

import { clean } from "./text.js";

const RETRY_MS = 2000;
const SILENT_MS = 20000; // the api says something every 5 s: a stream that is silent for longer is dead

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** What came from the world loses what could turn or hide text on its way in, so that no drawing code can forget it. */
function parse(text) {
  return JSON.parse(text, (_, value) => (typeof value === "string" ? clean(value) : value));
}

async function answer(address, options) {
  let response;
  try {
    response = await fetch(address, { cache: "no-store", ...options });
  } catch (error) {
    throw error.name === "AbortError" ? error : new ApiError(0, "The API does not answer.");
  }
  if (response.ok) return response;
  let said = null;
  try {
    said = parse(await response.text()).error;
  } catch {
    // Not ours: something between here and the API has answered.
  }
  throw new ApiError(response.status, said || `The API answers ${response.status}.`);
}

export async function call(address, options) {
  return parse(await (await answer(address, options)).text());
}

/** The filters that the API knows, as parameters of its lists. */
function parameters(filters) {
  const names = ["topic", "min_severity", "actor", "place"].filter((name) => filters[name]);
  return new URLSearchParams(names.map((name) => [name, filters[name]]));
}

/** The address of an Atom feed of the same alerts. */
export function feedOf(filters) {
  const asked = parameters(filters);
  return `/api/v1/alerts.atom${asked.size ? `?${asked}` : ""}`;
}

export function page(filters, cursor, limit) {
  const asked = parameters(filters);
  asked.set("limit", String(limit));
  if (filters.hours) asked.set("since", new Date(Date.now() - filters.hours * 3600000).toISOString());
  if (cursor) asked.set("cursor", cursor);
  return call(`/api/v1/alerts?${asked}`);
}

export function alertOf(id) {
  return call(`/api/v1/alerts/${encodeURIComponent(id)}`);
}

export function pipeline() {
  return call("/api/v1/pipeline");
}

/** Who one is and what one may do: { name, role, may, tokens }. */
export function session() {
  return call("/api/v1/session");
}

export async function signIn(token) {
  if (/[^\x20-\x7e]/.test(token)) throw new ApiError(401, "This token is not known.");
  return call("/api/v1/session", { method: "POST", headers: { Authorization: `Bearer ${token}` } });
}

export function signOut() {
  return call("/api/v1/session", { method: "DELETE" });
}

export function send(method, address, body) {
  return call(address, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

/** Does something with alerts: { results: [{ id, alert, error }] }, one of alert and error. */
export function act(alerts, action) {
  return send("POST", "/api/v1/actions", { alerts, ...action });
}

/**
 * Follows the revisions for ever, and goes on where it was after a lost connection. Not an EventSource: that cannot
 * carry a token, and gives up for good where a proxy answers 502 while the api starts again.
 */
export async function follow({ onAlert, onLive, onLost }) {
  let last = null;
  for (;;) {
    try {
      for await (const event of events(last, onLive)) {
        last = event.id || last;
        if (event.event === "alert") onAlert(parse(event.data));
        if (event.event === "away") throw new ApiError(503, parse(event.data).error);
      }
      onLost("The connection to the API was lost.");
    } catch (error) {
      if (error.status === 400) last = null; // an id of a store that is no more
      onLost(error instanceof ApiError ? error.message : "The connection to the API was lost.");
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function* events(after, onLive) {
  const abort = new AbortController();
  let silent = setTimeout(() => abort.abort(), SILENT_MS);
  const headers = after ? { "Last-Event-ID": after } : {};
  try {
    const response = await answer("/api/v1/stream", { headers, signal: abort.signal });
    onLive();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let held = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(silent);
      silent = setTimeout(() => abort.abort(), SILENT_MS);
      const blocks = (held + value).split("\n\n");
      held = blocks.pop();
      for (const block of blocks) {
        yield Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s, 2)));
      }
    }
  } finally {
    clearTimeout(silent);
    abort.abort();
  }
}
