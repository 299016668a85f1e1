// Times of a transcript in the reader's own clock and words.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

// Days stand between sentences, so they are in the page's language, as the reader's country writes it.
const lang = document.documentElement.lang;
const locale = navigator.language.startsWith(lang) ? navigator.language : lang;
const day = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
const near = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

/** @param {number} days */
function nearDay(days) {
  const word = near.format(days, "day");
  return word[0].toLocaleUpperCase(locale) + word.slice(1);
}

/**
 * Shows each `<time>` under a node in the reader's clock.
 * @param {ParentNode} root
 */
export function localise(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const at = new Date(element.getAttribute("datetime") ?? "");
    if (Number.isNaN(at.getTime())) continue;
    element.textContent = clock.format(at);
    element.setAttribute("title", full.format(at));
  }
}

/**
 * The day of a moment: "Today", "Yesterday", or its date.
 * @param {number} ms
 */
export function dayOf(ms) {
  const at = new Date(ms);
  const today = new Date();
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (at.toDateString() === today.toDateString()) return nearDay(0);
  if (at.toDateString() === yesterday.toDateString()) return nearDay(-1);
  return day.format(at);
}
