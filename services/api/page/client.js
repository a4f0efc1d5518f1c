// The api, as the page uses it.

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function call(address, options) {
  const response = await fetch(address, { cache: "no-store", ...options });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, body.error || `the api answers ${response.status}`);
  return body;
}

export function page(filters, cursor, limit) {
  const asked = new URLSearchParams({ limit: String(limit) });
  for (const name of ["topic", "min_severity", "actor", "place"]) if (filters[name]) asked.set(name, filters[name]);
  if (filters.hours) asked.set("since", new Date(Date.now() - filters.hours * 3600000).toISOString());
  if (cursor) asked.set("cursor", cursor);
  return call(`/api/v1/alerts?${asked}`);
}

export function alertOf(id) {
  return call(`/api/v1/alerts/${encodeURIComponent(id)}`);
}

export function move(id, state, token) {
  return call(`/api/v1/alerts/${encodeURIComponent(id)}/state`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
    body: JSON.stringify({ state }),
  });
}

export function follow({ onAlert, onState }) {
  const stream = new EventSource("/api/v1/stream");
  stream.onopen = () => onState(true);
  stream.onerror = () => onState(false);
  stream.addEventListener("alert", (event) => onAlert(JSON.parse(event.data)));
}
