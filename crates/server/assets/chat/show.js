// The parts around the list of messages: header, typing, the line's state.

import { fill, words } from "./words.js";

/** @param {string} id @returns {any} */
const byId = (id) => document.getElementById(id);

/** @type {number | undefined} */
let typingEnds;

export const show = {
  /**
   * Who has the floor.
   * @param {string} holder
   * @param {string | null} agent
   */
  holder(holder, agent) {
    const state = byId("state");
    state.dataset.holder = holder;
    const withAgent = agent ? fill(words.with_agent, { name: agent }) : words.with_team;
    state.textContent = holder === "agent" ? withAgent : holder === "waiting" ? words.waiting : words.assistant;
  },

  /**
   * @param {boolean} on
   * @param {string} [name]
   * @param {number} [ms] After which nobody types any more, though nobody said so.
   */
  typing(on, name = "", ms = 0) {
    clearTimeout(typingEnds);
    const typing = byId("typing");
    typing.hidden = !on;
    typing.querySelector(".typing-name").textContent = name ? fill(words.types, { name }) : "";
    if (on && ms > 0) typingEnds = setTimeout(() => this.typing(false), ms);
    const log = byId("log");
    if (on && log.scrollHeight - log.scrollTop - log.clientHeight < 120) log.scrollTop = log.scrollHeight;
  },

  /** @param {boolean} off */
  offline(off) {
    const hint = byId("offline");
    hint.hidden = !off;
    hint.textContent = off ? (navigator.onLine ? words.connecting : words.offline) : "";
  },

  /** @param {() => void} close */
  closable(close) {
    byId("close").hidden = false;
    byId("close").addEventListener("click", close);
  },

  /** @param {string} url */
  logo(url) {
    if (!/^https?:\/\//.test(url)) return;
    const image = document.createElement("img");
    image.alt = "";
    image.src = url;
    byId("logo").replaceChildren(image);
  },
};
