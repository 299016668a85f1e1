// Times that go on: how long someone has waited, how long ago something was said.

/** @param {number} ms */
function lasting(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  const minutes = Math.floor(s / 60) % 60;
  if (s < 86400) return `${Math.floor(s / 3600)} h${minutes ? ` ${minutes} min` : ""}`;
  return `${Math.floor(s / 86400)} d`;
}

/** @param {number} ms */
function ago(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return "now";
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86400)} d`;
}

/** Brings all times on the page up to date. */
export function tick() {
  const now = Date.now();
  for (const at of document.querySelectorAll("[data-lasting]")) {
    at.textContent = lasting(now - Number(at.getAttribute("data-lasting")));
  }
  for (const at of document.querySelectorAll("[data-ago]")) {
    at.textContent = ago(now - Number(at.getAttribute("data-ago")));
  }
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

/**
 * Turns UTC into the agent's own time.
 * @param {ParentNode} root
 */
export function local(root) {
  for (const at of root.querySelectorAll("time[datetime]:not([data-told])")) {
    const moment = new Date(at.getAttribute("datetime") ?? "");
    if (Number.isNaN(moment.getTime())) continue;
    at.setAttribute("data-told", "");
    at.textContent = (at.hasAttribute("data-local") ? DAY : CLOCK).format(moment);
    at.setAttribute("title", moment.toLocaleString());
  }
}
