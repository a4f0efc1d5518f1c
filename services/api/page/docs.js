// The API's own description, to read and to try, without anything from elsewhere.

import { navigation } from "./shell.js";
import { element } from "./text.js";

const index = document.getElementById("index");
const operations = document.getElementById("operations");

const described = await fetch("/api/v1/openapi.json").then((response) => response.json(), () => null);
if (described === null) operations.textContent = "The API does not answer.";
else draw(described);

function draw(document_) {
  document.getElementById("version").textContent = document_.info.version;
  const all = Object.entries(document_.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
  operations.replaceChildren(...all.map(section));
  index.replaceChildren(...all.map(({ path, method }) => {
    const anchor = element("a", "", `${method.toUpperCase()} ${path.replace("/api/v1", "")}`);
    anchor.href = `#${name(method, path)}`;
    return anchor;
  }));
  document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

function name(method, path) {
  return `${method}${path.replace(/[^a-z0-9]+/gi, "-")}`;
}

function section({ path, method, operation }) {
  const made = element("section", "",
    element("h2", "", element("span", `method ${method}`, method.toUpperCase()), element("code", "", path)),
    element("p", "", operation.summary),
    operation.description && operation.description !== operation.summary ? element("p", "hint", operation.description.replaceAll("``", "")) : null);
  made.id = name(method, path);
  const answers = Object.entries(operation.responses).map(([code, { description }]) => element("li", "", `${code}: ${description}`));
  made.append(method === "get" ? trial(path, operation.parameters || []) : element("p", "hint", "Changes something: needs a token."));
  made.append(element("h3", "", "Answers"), element("ul", "", ...answers));
  return made;
}

/** A field for each parameter; what is sent, and the answer, are shown as text. */
function trial(path, parameters) {
  const form = element("form");
  const fields = parameters.filter((one) => one.in !== "header").map((parameter) => {
    const field = element("input");
    field.name = parameter.name;
    field.autocomplete = "off";
    field.required = parameter.in === "path";
    const sample = parameter.schema?.examples?.[0] ?? parameter.schema?.anyOf?.find((one) => one.examples)?.examples[0] ?? parameter.schema?.default;
    field.placeholder = sample === undefined || sample === null ? "" : String(sample);
    form.append(element("label", "", element("span", "", parameter.name + (field.required ? " *" : "")), field, element("small", "", parameter.description || "")));
    return { parameter, field };
  });
  const button = element("button", "", "Try");
  const shown = element("pre");
  shown.hidden = true;
  shown.tabIndex = 0;
  form.append(button);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    let address = path;
    const query = new URLSearchParams();
    for (const { parameter, field } of fields) {
      const value = field.value.trim();
      if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(value));
      else if (value) query.append(parameter.name, value);
    }
    if (query.size) address += `?${query}`;
    shown.hidden = false;
    shown.textContent = `curl '${location.origin}${address}'\n\n…`;
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 5000); // a stream never ends by itself
    let answer = "No answer within five seconds: open the address itself to follow it.";
    try {
      const response = await fetch(address, { cache: "no-store", signal: abort.signal });
      const text = await response.text();
      answer = `${response.status}\n${response.headers.get("content-type")?.includes("json") ? JSON.stringify(JSON.parse(text), null, 1) : text}`;
    } catch {
      // said above
    }
    shown.textContent = `curl '${location.origin}${address}'\n\n${answer.slice(0, 20000)}`;
  });
  return element("div", "", form, shown);
}

navigation(document.getElementById("pages"));
