// What this browser keeps. Storage can be forbidden; then a choice lasts as long as the page.

export function stored(name, otherwise = "") {
  try {
    return localStorage.getItem(name) || otherwise;
  } catch {
    return otherwise;
  }
}

export function store(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // See above.
  }
}
