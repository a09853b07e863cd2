// What the browser keeps, where it lets pages keep anything: else it is kept until the page is left.

function safe(name) {
  const memory = new Map();
  const attempt = (use, instead) => { try { return use(window[name]); } catch { return instead(); } };
  return {
    get: (key) => attempt((storage) => storage.getItem(key), () => memory.get(key) ?? null),
    set: (key, text) => attempt((storage) => storage.setItem(key, text), () => memory.set(key, text)),
  };
}

/** For this tab. */
export const tab = safe("sessionStorage");

/** For all tabs, and for the next ones. */
export const shared = safe("localStorage");

/** The list that is kept under a key; empty where there is none. */
export function list(storage, key) {
  try {
    const value = JSON.parse(storage.get(key) ?? "[]");
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
