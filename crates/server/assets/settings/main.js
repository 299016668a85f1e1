// What the settings pages do more with scripts: previews while one writes, copying, the focus on what is wrong.

/** Shows a field's text in its preview, while it is written. */
function preview() {
  for (const shown of document.querySelectorAll("[data-preview]")) {
    const name = shown.getAttribute("data-preview") ?? "";
    const field = /** @type {HTMLInputElement | null} */ (document.getElementById(name));
    const empty = /** @type {HTMLElement | null} */ (document.querySelector(`[data-preview-empty="${name}"]`));
    field?.addEventListener("input", () => {
      shown.textContent = field.value;
      if (empty) {
        empty.hidden = field.value.trim() !== "";
        /** @type {HTMLElement} */ (shown).hidden = !empty.hidden;
      }
    });
  }
}

const UNITS = { h: 3600, m: 60, s: 1 };

/**
 * The seconds of a timeout as people write it; the server has the last word.
 * @param {string} text
 * @returns {number} NaN when it is none
 */
export function seconds(text) {
  const plain = text.trim().toLowerCase().replaceAll(",", ".");
  if (/^\d*\.?\d+$|^\d+\.$/.test(plain)) return Math.round(Number(plain) * 3600);
  let [sum, unit, rest] = [0, Infinity, plain];
  while (rest !== "") {
    const part = /^(\d+(?:\.\d+)?)\s*([a-z]*)\s*/.exec(rest);
    if (!part) return NaN;
    const letter = part[2][0] ?? (unit === 3600 ? "m" : unit === 60 ? "s" : "");
    const next = UNITS[/** @type {"h" | "m" | "s"} */ (letter)];
    if (!next || next >= unit) return NaN;
    sum += Number(part[1]) * next;
    unit = next;
    rest = rest.slice(part[0].length);
  }
  return Math.round(sum);
}

/**
 * A time in words.
 * @param {number} total
 */
function words(total) {
  const parts = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];
  let left = total;
  const told = [];
  for (const [size, unit] of /** @type {[number, string][]} */ (parts)) {
    const amount = Math.floor(left / size);
    left -= amount * size;
    if (amount > 0) told.push(`${amount} ${unit}${amount === 1 ? "" : "s"}`);
  }
  return told.join(" ");
}

function time() {
  const field = /** @type {HTMLInputElement | null} */ (document.getElementById("timeout"));
  const shown = document.querySelector("[data-preview-time]");
  field?.addEventListener("input", () => {
    const total = seconds(field.value);
    if (shown) shown.textContent = total > 0 && total < 604800 ? words(total) : "…";
  });
}

function copying() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const text = button.parentElement?.querySelector("code")?.textContent ?? "";
    /** @type {HTMLButtonElement} */ (button).hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Select and copy by hand";
      }
      setTimeout(() => (button.textContent = "Copy"), 2500);
    });
  }
}

function newBot() {
  const choice = /** @type {HTMLSelectElement | null} */ (document.getElementById("bot"));
  const name = document.querySelector("[data-new-bot]");
  const show = () => name?.classList.toggle("off", choice?.value !== "");
  choice?.addEventListener("change", show);
  if (choice) show();
}

preview();
time();
copying();
newBot();
const wrong = /** @type {HTMLElement | null} */ (document.querySelector("[aria-invalid=true], #files-error"));
wrong?.focus();
