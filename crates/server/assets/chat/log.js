// The list of messages: what came from the server, and below it what is on its way.

import { dayOf, localise } from "../time.js";
import { words } from "./words.js";

const FOLLOWS_MS = 5 * 60_000;
const NEAR_PX = 80;
const END = "LIVECHAT_SESSION_END";

/** @param {string} id @returns {any} */
const byId = (id) => document.getElementById(id);

export class Log {
  /** @param {(button: HTMLButtonElement) => void} onChoice */
  constructor(onChoice) {
    this.frame = byId("log");
    this.entries = byId("entries");
    this.pending = byId("pending");
    this.pill = byId("pill");
    this.marks = { delivered: 0, read: 0 };
    this.pinned = true;
    /** @type {HTMLButtonElement | null} */
    this.pressed = null;
    let before = 0;
    this.frame.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.frame;
      const near = scrollHeight - scrollTop - clientHeight < NEAR_PX;
      // Only a reader scrolls up; growing content leaves the place as it is.
      this.pinned = near || (this.pinned && scrollTop >= before);
      before = scrollTop;
      if (this.pinned) this.pill.hidden = true;
    });
    this.pill.addEventListener("click", () => this.toEnd());
    // Pictures load, the window turns, the keyboard opens: the end stays in sight.
    const settle = new ResizeObserver(() => this.pinned && this.toEnd());
    settle.observe(this.frame);
    settle.observe(this.frame.firstElementChild);
    this.entries.addEventListener("click", (/** @type {Event} */ event) => {
      const button = /** @type {Element} */ (event.target).closest("button.choice");
      if (!(button instanceof HTMLButtonElement) || button.disabled) return;
      this.pressed = button;
      button.classList.add("chosen");
      onChoice(button);
    });
  }

  toEnd() {
    this.pinned = true;
    this.pill.hidden = true;
    this.frame.scrollTop = this.frame.scrollHeight;
  }

  clear() {
    this.entries.replaceChildren();
    this.pending.replaceChildren();
  }

  /**
   * An entry as an element, not yet shown.
   * @param {string} html A fragment that the server has made safe.
   * @returns {HTMLElement}
   */
  static read(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    return /** @type {HTMLElement} */ (template.content.firstElementChild);
  }

  /**
   * @param {HTMLElement} entry
   * @param {boolean} history
   */
  show(entry, history) {
    if (document.getElementById(entry.id)) return;
    const { actor, kind, source, at } = entry.dataset;
    const before = /** @type {HTMLElement | null} */ (this.entries.lastElementChild);
    const ms = Number(at);
    if (!before || dayOf(Number(before.dataset.at)) !== dayOf(ms)) {
      const day = document.createElement("div");
      day.className = "day";
      day.dataset.at = at;
      day.textContent = dayOf(ms);
      this.entries.append(day);
    } else if (before.dataset.actor === actor && before.classList.contains("message")
      && before.querySelector(".by")?.textContent === entry.querySelector(".by")?.textContent
      && ms - Number(before.dataset.at) < FOLLOWS_MS) {
      entry.classList.add("follows");
    }
    localise(entry);
    if (actor === "contact") {
      entry.classList.toggle("mine", entry.classList.contains("message"));
      this.#answered(kind === "payload" ? entry.querySelector(".pressed")?.textContent ?? "" : "");
      if (source) this.drop(source);
    } else if (!history) {
      entry.classList.add("appear");
    }
    if (kind === "ended") this.#over();
    this.entries.append(entry);
    if (actor === "contact") this.#mark(entry);
    if (history || this.pinned || actor === "contact") this.toEnd();
    else if (kind !== "ended") this.pill.hidden = false;
  }

  /**
   * The contact has answered: quick replies go, the chosen button is marked.
   * @param {string} title What was written on the pressed button.
   */
  #answered(title) {
    for (const choices of this.entries.querySelectorAll(".choices.quick")) choices.remove();
    const buttons = [...this.entries.querySelectorAll("button.choice")].reverse();
    const same = buttons.filter((button) => title && button.dataset.title === title);
    (same.find((button) => button === this.pressed) ?? same[0])?.classList.add("chosen");
    this.pressed = null;
  }

  /** The session is over: buttons that would end it have nothing more to do. */
  #over() {
    for (const button of this.entries.querySelectorAll(`button[data-payload="${END}"]`)) {
      button.disabled = true;
    }
  }

  /** @param {{ delivered: number, read: number }} marks */
  setMarks(marks) {
    this.marks = marks;
    for (const entry of this.entries.querySelectorAll(".mine")) this.#mark(entry);
  }

  /** @param {HTMLElement} entry */
  #mark(entry) {
    const mark = entry.querySelector(".mark");
    if (!mark) return;
    const n = Number(entry.dataset.n);
    const word = n <= this.marks.read ? "read" : n <= this.marks.delivered ? "delivered" : "sent";
    mark.setAttribute("data-mark", word);
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", words[word]);
  }

  /**
   * Shows something that is on its way.
   * @param {string} id
   * @param {string} label
   * @param {string} state What is happening to it.
   * @returns {HTMLElement}
   */
  wait(id, label, state) {
    let entry = this.waiting(id);
    if (!entry) {
      entry = document.createElement("div");
      entry.className = "entry message mine by-contact waits";
      entry.dataset.waits = id;
      const bubble = document.createElement("div");
      bubble.className = "bubble words";
      bubble.dir = "auto";
      bubble.textContent = label;
      bubble.style.whiteSpace = "pre-wrap";
      const meta = document.createElement("span");
      meta.className = "meta";
      entry.append(bubble, meta);
      this.pending.append(entry);
      this.toEnd();
    }
    const meta = /** @type {HTMLElement} */ (entry.querySelector(".meta"));
    if (meta.textContent !== state) meta.textContent = state;
    return entry;
  }

  /**
   * @param {string} id
   * @returns {HTMLElement | null}
   */
  waiting(id) {
    return this.pending.querySelector(`[data-waits="${CSS.escape(id)}"]`);
  }

  /** @param {string} id */
  drop(id) {
    this.waiting(id)?.remove();
  }

  /**
   * Something will not be sent.
   * @param {string} id
   * @param {string} why
   * @param {string} action What is written on its button.
   * @param {() => void} act What the button does.
   */
  fail(id, why, action, act) {
    const entry = this.waiting(id);
    if (!entry) return;
    entry.classList.replace("waits", "failed");
    entry.querySelector("progress")?.remove();
    const meta = /** @type {HTMLElement} */ (entry.querySelector(".meta"));
    const button = document.createElement("button");
    button.type = "button";
    button.className = "again";
    button.textContent = action;
    button.addEventListener("click", () => {
      entry.remove();
      act();
    });
    meta.replaceChildren(why, " ", button);
    meta.setAttribute("role", "alert");
    this.toEnd();
  }
}
