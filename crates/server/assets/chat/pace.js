// Lets the bot take its time: typing and pauses between its messages, never longer than a moment each.

const PAUSE_MS_MAX = 3000;

export class Pacer {
  /**
   * @param {(entry: HTMLElement) => void} show
   * @param {(on: boolean) => void} typing
   */
  constructor(show, typing) {
    this.show = show;
    this.typing = typing;
    /** @type {HTMLElement[]} */
    this.queue = [];
    /** @type {number | undefined} */
    this.timer = undefined;
  }

  /** @param {HTMLElement} entry */
  take(entry) {
    this.queue.push(entry);
    // Nobody watches, or the contact has spoken: no more waiting.
    if (document.hidden || entry.dataset.actor === "contact") this.hurry();
    else if (this.timer === undefined) this.#next();
  }

  /** Shows all that waits. */
  hurry() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.typing(false);
    for (const entry of this.queue.splice(0)) {
      if (!isPause(entry)) this.show(entry);
    }
  }

  #next() {
    this.timer = undefined;
    for (let entry = this.queue.shift(); entry; entry = this.queue.shift()) {
      if (isPause(entry)) {
        this.typing(entry.dataset.kind === "typing");
        const ms = Math.min(Number(entry.dataset.duration) || 0, PAUSE_MS_MAX);
        this.timer = setTimeout(() => this.#next(), ms);
        return;
      }
      this.typing(false);
      this.show(entry);
    }
    this.typing(false);
  }
}

/** @param {HTMLElement} entry */
export function isPause(entry) {
  return entry.dataset.duration !== undefined;
}
