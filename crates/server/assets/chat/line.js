// The line to the server: a socket; where no socket comes through, plain HTTP. It connects again for ever.

const PING_MS = 25_000;
const PONG_MS = 8_000;
const WELCOME_MS = 10_000;
const RETRY_MS_MAX = 20_000;
/** After so many sockets that brought nothing, plain HTTP is tried. */
const SOCKETS_MAX = 3;

/**
 * @typedef {{ type: string, [key: string]: any }} Frame
 * @typedef {object} Ends
 * @property {() => Frame} hello The first frame of each connection.
 * @property {(frame: Frame) => void} onFrame
 * @property {(up: boolean) => void} onUp
 */

export class Line {
  /**
   * @param {string} channel
   * @param {Ends} ends
   */
  constructor(channel, ends) {
    this.base = `/v1/web/${encodeURIComponent(channel)}`;
    this.ends = ends;
    this.up = false;
    this.fails = 0;
    this.polling = false;
    this.state = "";
    /** @type {WebSocket | null} */
    this.socket = null;
    this.token = "";
    /** @type {number | undefined} */
    this.timer = undefined;
    addEventListener("online", () => {
      this.polling &&= this.up;
      this.#again(0);
    });
    addEventListener("offline", () => this.#drop());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#check();
    });
    setInterval(() => this.#check(), PING_MS);
  }

  open() {
    clearTimeout(this.timer);
    if (this.polling) return void this.#poll();
    const socket = this.#dial();
    this.socket = socket;
    this.#expect(WELCOME_MS);
    socket.onopen = () => socket.send(JSON.stringify(this.ends.hello()));
    socket.onmessage = (event) => {
      if (this.socket === socket) this.#take(JSON.parse(event.data));
    };
    socket.onclose = () => {
      if (this.socket === socket) this.#drop();
    };
  }

  /**
   * Sends a frame if the line is up; says whether it was sent.
   * @param {Frame} frame
   */
  send(frame) {
    if (!this.up) return false;
    if (this.polling) {
      this.#post([frame]).catch(() => this.#drop());
    } else {
      this.socket?.send(JSON.stringify(frame));
    }
    return true;
  }

  /** @param {Frame} frame */
  #take(frame) {
    clearTimeout(this.silence);
    if (frame.type === "pong") return;
    if (frame.type === "welcome") {
      this.token = frame.token;
      this.fails = 0;
      this.up = true;
    }
    this.ends.onFrame(frame);
    if (frame.type === "welcome") this.ends.onUp(true);
  }

  #dial() {
    const address = new URL(`${this.base}/socket`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    return new WebSocket(address);
  }

  /** Looks whether sockets come through by now, beside the line that stands. */
  #probe() {
    const socket = this.#dial();
    socket.onopen = () => {
      socket.close();
      this.polling = false;
      this.#drop();
    };
  }

  /** Asks whether the line still stands. */
  #check() {
    if (!this.up) return this.#again(0);
    if (this.polling) return this.#probe();
    this.send({ type: "ping" });
    this.#expect(PONG_MS);
  }

  /** @param {number} ms */
  #expect(ms) {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.#drop(), ms);
  }

  #drop() {
    clearTimeout(this.silence);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.stop?.abort();
    if (!this.up) this.fails += 1;
    if (this.up) this.ends.onUp(false);
    this.up = false;
    // Each kind of line gets its turn, as the network may have changed meanwhile.
    if (this.fails > 0 && this.fails % SOCKETS_MAX === 0) this.polling = !this.polling;
    this.#again(Math.min(RETRY_MS_MAX, 400 * 2 ** Math.min(this.fails, 6)) * (0.7 + Math.random() * 0.6));
  }

  /** @param {number} ms */
  #again(ms) {
    if (this.socket || this.up || (this.polling && this.stop && !this.stop.signal.aborted)) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), ms);
  }

  async #poll() {
    const stop = new AbortController();
    this.stop = stop;
    this.state = "";
    try {
      await this.#post([this.ends.hello()]);
      while (!stop.signal.aborted) {
        const after = this.ends.hello().after;
        const query = new URLSearchParams({ after: String(after), state: this.state });
        const answer = await this.#fetch(`events?${query}`, { signal: stop.signal });
        this.state = answer.state;
        for (const frame of answer.frames) this.#take(frame);
      }
    } catch {
      if (!stop.signal.aborted) this.#drop();
    }
  }

  /** @param {Frame[]} frames */
  async #post(frames) {
    const body = JSON.stringify({ frames });
    const headers = { "content-type": "application/json" };
    const answer = await this.#fetch("messages", { method: "POST", body, headers });
    for (const frame of answer.frames) this.#take(frame);
  }

  /**
   * @param {string} path
   * @param {RequestInit} init
   */
  async #fetch(path, init) {
    const bearer = this.token ? { authorization: `Bearer ${this.token}` } : {};
    const answer = await fetch(`${this.base}/${path}`, { ...init, headers: { ...init.headers, ...bearer } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }
}
