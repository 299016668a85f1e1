// What the settings pages do more with scripts: previews while one writes, copying, the focus on what is wrong.

import { moment, moments } from "../moments.js";

/** Shows a field's text in its preview, while it is written: the shipped one where it is empty. */
function preview() {
  for (const shown of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-preview]"))) {
    const name = shown.dataset.preview ?? "";
    const field = /** @type {HTMLInputElement | null} */ (document.getElementById(name));
    const empty = /** @type {HTMLElement | null} */ (document.querySelector(`[data-preview-empty="${name}"]`));
    const silent = /** @type {HTMLInputElement | null} */ (document.getElementById(shown.dataset.silent ?? ""));
    const draw = () => {
      if (!field) return;
      shown.textContent = field.value.trim() === "" ? field.placeholder : field.value;
      field.disabled = shown.hidden = silent?.checked ?? false;
      if (empty) empty.hidden = !shown.hidden;
    };
    field?.addEventListener("input", draw);
    silent?.addEventListener("change", draw);
    if (silent) draw();
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

/** Asks how the desk is doing, until its first hook has come. */
function waiting() {
  const steps = document.querySelector("[data-waits]");
  const address = steps?.getAttribute("data-waits");
  if (!address) return;
  const look = async () => {
    try {
      const answer = await fetch(address, { headers: { accept: "application/json" } });
      // Signed out, or the desk is gone: asking again would not help.
      if (answer.status >= 400 && answer.status < 500) return;
      if (answer.ok && arrived(await answer.json())) return;
    } catch {
      // The server is away for a moment.
    }
    setTimeout(look, WAIT_MS);
  };
  setTimeout(look, WAIT_MS);
}

const WAIT_MS = 3000;

/**
 * Shows what has changed; true once the first hook has come.
 * @param {{ first_hook_at: string | null, tone: string, words: string }} health
 */
function arrived(health) {
  for (const state of document.querySelectorAll("[data-state]")) {
    const words = state.querySelector("[data-state-words]");
    if (words && words.textContent !== health.words) {
      words.textContent = health.words;
      state.className = `state state-${health.tone}`;
    }
  }
  if (!health.first_hook_at) return false;
  for (const proof of document.querySelectorAll("[data-proof]")) {
    const at = document.createElement("time");
    at.dateTime = health.first_hook_at;
    moment(at);
    proof.querySelector("span")?.replaceChildren("done: the first hook arrived at ", at);
    proof.classList.add("proof-done");
  }
  return true;
}

preview();
time();
moments(document);
waiting();
copying();
newBot();
const wrong = /** @type {HTMLElement | null} */ (document.querySelector("[aria-invalid=true], #files-error, #failed"));
wrong?.focus();
