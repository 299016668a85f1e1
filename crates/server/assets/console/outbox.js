// What the agent did, kept until the server says that it is on disk; it survives a reload of the tab.

const KEY = "handover-console-outbox";

/** @typedef {{id: string, conversation: string, session: string | null, act: string, text?: string, url?: string, name?: string,
 *   flow?: string, step?: string}} Act */

/** @type {Act[]} */
let held = [];
try {
  held = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
} catch {
  held = [];
}

function keep() {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(held));
  } catch {
    // Without storage it is held for as long as the page lives.
  }
}

/** @param {Act} act */
export function put(act) {
  held.push(act);
  keep();
}

/** @param {string} id @returns {Act | undefined} */
export function take(id) {
  const act = held.find((one) => one.id === id);
  held = held.filter((one) => one.id !== id);
  keep();
  return act;
}

/** @returns {readonly Act[]} */
export function all() {
  return held;
}

/** An id that nobody else makes; also where the page is not served over TLS. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
