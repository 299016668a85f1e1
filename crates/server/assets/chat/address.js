// What the page's own address tells: a place in the bot, and metadata.

const query = new URLSearchParams(location.search);

/** The place that a link asks for; once a tab, so that a reload does not ask again. */
export function placeOnce() {
  const place = query.get("ref");
  if (!place) return null;
  const mark = `handover:ref:${place}`;
  try {
    if (sessionStorage.getItem(mark) !== null) return null;
    sessionStorage.setItem(mark, "1");
  } catch {
    // Without storage, each load asks.
  }
  return place;
}

/** @returns {Record<string, unknown>} */
export function metadataOfAddress() {
  try {
    const metadata = JSON.parse(query.get("metadata") ?? "{}");
    return metadata !== null && typeof metadata === "object" && !Array.isArray(metadata) ? metadata : {};
  } catch {
    return {};
  }
}
