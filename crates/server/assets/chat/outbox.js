// What the contact has sent and the server has not yet put on disk. It survives a reload; each item goes out with
// the same id until it is acknowledged, one after the other so that their order stands.

import { newId } from "./memory.js";

/**
 * @typedef {{ id: string, frame: import("./line.js").Frame, label: string, at: number }} Item
 */

export class Outbox {
  /**
   * @param {ReturnType<typeof import("./memory.js").memoryOf>} memory
   * @param {(frame: import("./line.js").Frame) => boolean} send
   */
  constructor(memory, send) {
    this.memory = memory;
    this.send = send;
    /** @type {Item[]} */
    this.items = memory.get("outbox") ?? [];
    /** @type {string | null} The item that is on its way. */
    this.sent = null;
  }

  /**
   * @param {import("./line.js").Frame} frame A frame without an id.
   * @param {string} label What to show for it until it comes back.
   * @returns {Item}
   */
  add(frame, label) {
    const id = newId();
    const item = { id, frame: { ...frame, id }, label, at: Date.now() };
    this.items.push(item);
    this.#keep();
    this.flush();
    return item;
  }

  /** Sends the first item, if none is on its way. */
  flush() {
    const first = this.items[0];
    if (first && this.sent === null && this.send(first.frame)) this.sent = first.id;
  }

  /** The line broke: what was on its way goes out again. */
  reset() {
    clearTimeout(this.timer);
    this.sent = null;
  }

  /**
   * An item was acknowledged, or will never be taken.
   * @param {string} id
   */
  settle(id) {
    this.items = this.items.filter((item) => item.id !== id);
    this.#keep();
    if (this.sent === id) this.sent = null;
    this.flush();
  }

  /**
   * An item is to be sent again after a while.
   * @param {string} id
   * @param {number} seconds
   */
  later(id, seconds) {
    if (this.sent !== id) return;
    this.timer = setTimeout(() => {
      this.sent = null;
      this.flush();
    }, seconds * 1000);
  }

  /** @param {string} id */
  has(id) {
    return this.items.some((item) => item.id === id);
  }

  #keep() {
    // What says that the chat was opened is made anew by the next page.
    this.memory.set("outbox", this.items.filter((item) => item.frame.type !== "opened"));
  }
}
