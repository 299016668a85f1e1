// Moments in the reader's own clock; UTC is their title.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dated = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
/** @type {Intl.DateTimeFormatOptions} */
const second = { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 };
const exact = new Intl.DateTimeFormat(undefined, second);
const exactDated = new Intl.DateTimeFormat(undefined, { ...second, year: "numeric", month: "short", day: "numeric" });

/**
 * The day only where it is not today's; to the millisecond where `data-exact` asks for it.
 * @param {HTMLTimeElement} element
 */
export function moment(element) {
  const at = new Date(element.dateTime);
  if (Number.isNaN(at.getTime())) return;
  const today = at.toDateString() === new Date().toDateString();
  const form = element.hasAttribute("data-exact") ? [exact, exactDated] : [clock, dated];
  element.title = at.toISOString().replace("T", " ").replace("Z", " UTC");
  element.textContent = form[today ? 0 : 1].format(at);
}

/** @param {ParentNode} root */
export function moments(root) {
  for (const element of root.querySelectorAll("time")) moment(element);
}
