// The site around the widget's frame. Words go to and come from the origin that the loader named, and no other.

/**
 * @typedef {{ metadata?: Record<string, unknown>, page?: string, logo?: string }} Told
 * @param {{ onTold: (told: Told) => void, onShown: (shown: boolean) => void }} on
 */
export function host(on) {
  const origin = new URLSearchParams(location.search).get("embed");
  if (!origin || parent === window) return null;
  const opaque = origin === "null";
  const say = (/** @type {object} */ message) => parent.postMessage({ handover: message }, opaque ? "*" : origin);
  addEventListener("message", (event) => {
    if (event.source !== parent || event.origin !== origin) return;
    const word = event.data?.handover;
    if (!word) return;
    if (word.told) on.onTold(word.told);
    if (typeof word.shown === "boolean") on.onShown(word.shown);
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") say({ close: true });
  });
  return {
    /** @param {string[]} words What the loader's button says. */
    ready: (words) => say({ ready: true, words }),
    close: () => say({ close: true }),
    /** @param {number} unread */
    unread: (unread) => say({ unread }),
  };
}
