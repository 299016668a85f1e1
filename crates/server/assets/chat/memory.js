// What the page keeps in this browser. Where storage is forbidden, it keeps it until it is closed.

const here = new Map();

/**
 * @param {string} channel
 */
export function memoryOf(channel) {
  const name = (/** @type {string} */ key) => `handover:${channel}:${key}`;
  return {
    /** @param {string} key @returns {any} */
    get(key) {
      try {
        const text = localStorage.getItem(name(key));
        return text === null ? (here.get(name(key)) ?? null) : JSON.parse(text);
      } catch {
        return here.get(name(key)) ?? null;
      }
    },
    /** @param {string} key @param {any} value */
    set(key, value) {
      here.set(name(key), value);
      try {
        localStorage.setItem(name(key), JSON.stringify(value));
      } catch {
        // Kept in `here` only.
      }
    },
  };
}

/** A new id for something that this page sends. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Pages without https have no `randomUUID`.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
