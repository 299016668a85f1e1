// The chat page: puts its parts together.

import { compose } from "./composer.js";
import { host } from "./host.js";
import { Line } from "./line.js";
import { Log } from "./log.js";
import { memoryOf, newId } from "./memory.js";
import { Outbox } from "./outbox.js";
import { metadataOfAddress, placeOnce } from "./address.js";
import { isPause, Pacer } from "./pace.js";
import { upload } from "./upload.js";
import { show } from "./show.js";
import { fill, refusal, words } from "./words.js";

const page = document.documentElement;
const channel = page.dataset.channel ?? "web";
const fileBytesMax = Number(page.dataset.fileBytesMax);
const memory = memoryOf(channel);

const BOT_THINKS_MS = 8000;
const AGENT_TYPES_MS = 6000;
const SEEN_AFTER_MS = 300;
const TOLD_WITHIN_MS = 1500;

let upto = 0;
let holder = "bot";
let shown = !page.hasAttribute("data-embed");
/** The last entry that was there while someone looked. */
let looked = 0;
let seen = { delivered: 0, read: 0 };
let unread = 0;
/** What this contact had read when the page was opened, here or elsewhere. */
let readBefore = 0;
/** @type {import("./host.js").Told} */
let told = { metadata: metadataOfAddress(), page: shown ? `${location.origin}${location.pathname}` : document.referrer };
/** @type {Map<string, number>} Acknowledged items whose entries have not come yet. */
const acked = new Map();

const log = new Log(choose);
const pacer = new Pacer((entry) => appear(entry), (on) => show.typing(on));
const line = new Line(channel, { hello, onFrame: take, onUp });
const outbox = new Outbox(memory, (frame) => line.send(frame));
const composer = compose({ onText: say, onFiles: (files) => files.forEach(attach), onTyping });
const site = host({ onTold, onShown });

function hello() {
  const { metadata, page: at } = told;
  return { type: "hello", token: memory.get("token"), after: upto, metadata, page: at, language: navigator.language };
}

/** @param {import("./line.js").Frame} frame */
function take(frame) {
  switch (frame.type) {
    case "welcome":
      return welcome(frame);
    case "entries":
      return entries(frame);
    case "ack":
      return ack(frame.id, frame.n);
    case "refused":
      return refused(frame);
    case "typing":
      return show.typing(frame.on, frame.name ?? "", AGENT_TYPES_MS);
    case "marks":
      return log.setMarks(frame);
    case "holder":
      holder = frame.holder;
      return show.holder(holder, frame.agent);
  }
}

/** @param {import("./line.js").Frame} frame */
function welcome(frame) {
  memory.set("token", frame.token);
  if (frame.fresh && upto > 0) {
    upto = looked = 0;
    log.clear();
    for (const item of outbox.items) log.wait(item.id, item.label, words.sending);
  }
  if (frame.fresh) seen = { delivered: 0, read: 0 };
  readBefore = frame.read;
  open(frame.empty);
}

let opened = false;
/**
 * Tells the server, once a page, that the chat was opened; a link's place counts once a tab.
 * @param {boolean} empty
 */
function open(empty) {
  if (opened || !shown) return;
  opened = true;
  const place = placeOnce();
  if (empty || place) outbox.add({ type: "opened", ref: place }, "");
}

/** @param {import("./line.js").Frame} frame */
function entries(frame) {
  for (const { n, html } of frame.entries) {
    if (n <= upto) continue;
    const entry = Log.read(html);
    if (!frame.history) pacer.take(entry);
    else if (!isPause(entry)) appear(entry, true);
  }
  upto = Math.max(upto, frame.upto);
  if (watched()) looked = upto;
  for (const [id, n] of acked) if (n <= upto) arrived(id);
  report();
}

/**
 * @param {HTMLElement} entry
 * @param {boolean} [history]
 */
function appear(entry, history = false) {
  if (entry.dataset.actor !== "contact") {
    show.typing(false);
    const isNew = Number(entry.dataset.n) > readBefore && entry.classList.contains("message");
    if (isNew && !watched()) {
      unread += 1;
      tellUnread();
    }
  }
  log.show(entry, history);
}

/** @param {string} id */
function arrived(id) {
  acked.delete(id);
  log.drop(id);
}

/**
 * @param {string} id
 * @param {number} n
 */
function ack(id, n) {
  const item = outbox.items.find((each) => each.id === id);
  outbox.settle(id);
  if (n <= upto) arrived(id);
  else {
    acked.set(id, n);
    if (item && item.frame.type !== "opened") log.wait(id, item.label, words.sent);
    if (holder === "bot") show.typing(true, "", BOT_THINKS_MS);
  }
}

/** @param {import("./line.js").Frame} frame */
function refused(frame) {
  if (!frame.id) return;
  const item = outbox.items.find((each) => each.id === frame.id);
  const why = refusal(frame.code, frame.message);
  if (frame.retry_after_s) {
    if (item && item.frame.type !== "opened") log.wait(item.id, item.label, why);
    return outbox.later(frame.id, frame.retry_after_s);
  }
  outbox.settle(frame.id);
  const text = item?.frame.content?.text;
  log.fail(frame.id, why, text ? words.edit : words.remove, () => text && composer.put(text));
}

/** @param {boolean} up */
function onUp(up) {
  outbox.reset();
  show.offline(!up);
  for (const item of outbox.items) {
    if (item.frame.type !== "opened") log.wait(item.id, item.label, up ? words.sending : words.not_sent);
  }
  if (up) {
    outbox.flush();
    seen = { delivered: 0, read: 0 };
    report();
  }
}

/**
 * @param {import("./line.js").Frame} frame
 * @param {string} label
 */
function put(frame, label) {
  pacer.hurry();
  const item = outbox.add(frame, label);
  log.wait(item.id, label, line.up ? words.sending : words.not_sent);
}

/** @param {string} text */
function say(text) {
  put({ type: "say", content: { type: "text", text } }, text);
}

/** @param {HTMLButtonElement} button */
function choose(button) {
  const { payload, title } = button.dataset;
  put({ type: "press", payload, title }, title ?? "");
  button.closest(".choices.quick")?.remove();
  composer.focus();
}

/** @param {File} file */
async function attach(file) {
  const id = newId();
  const entry = log.wait(id, file.name, words.uploading);
  const fail = (/** @type {string} */ why, /** @type {boolean} */ again) =>
    log.fail(id, why, again ? words.again : words.remove, () => again && attach(file));
  if (file.size > fileBytesMax) return fail(refusal("file_too_large", ""), false);
  if (!line.token) return fail(words.no_line, true);
  const progress = document.createElement("progress");
  progress.max = 1;
  progress.value = 0;
  progress.setAttribute("aria-label", fill(words.uploading_name, { name: file.name }));
  entry.querySelector(".bubble")?.after(progress);
  try {
    const kept = await upload(`${line.base}/files`, line.token, file, (part) => (progress.value = part));
    log.drop(id);
    put({ type: "say", content: { type: "file", url: kept.url } }, file.name);
  } catch (error) {
    fail(/** @type {Error} */ (error).message, true);
  }
}

/** @param {boolean} on */
function onTyping(on) {
  if (holder !== "bot") line.send({ type: "typing", on });
}

function watched() {
  return shown && !document.hidden;
}

/** @type {number | undefined} */
let reporting;
/** Tells the server how far this page has got. */
function report() {
  clearTimeout(reporting);
  reporting = setTimeout(() => {
    if (upto === seen.delivered && looked === seen.read) return;
    if (line.send({ type: "seen", delivered: upto, read: looked })) seen = { delivered: upto, read: looked };
  }, SEEN_AFTER_MS);
}

function tellUnread() {
  const title = document.querySelector("h1")?.textContent ?? "";
  document.title = unread > 0 ? `(${unread}) ${title}` : title;
  site?.unread(unread);
}

function look() {
  if (!watched()) return;
  looked = upto;
  unread = 0;
  tellUnread();
  report();
}

/** @param {import("./host.js").Told} more */
function onTold(more) {
  told = { ...told, ...more, metadata: { ...told.metadata, ...more.metadata } };
  if (more.logo) show.logo(more.logo);
  start();
}

/** @param {boolean} on */
function onShown(on) {
  shown = on;
  if (!on) return;
  start();
  if (line.up) open(upto === 0);
  composer.focus();
  log.toEnd();
  look();
}

let started = false;
function start() {
  // A closed widget of someone who never wrote needs no line.
  if (started || !(shown || memory.get("token"))) return;
  started = true;
  for (const item of outbox.items) log.wait(item.id, item.label, words.sending);
  line.open();
  setTimeout(() => line.up || show.offline(true), 3000);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) pacer.hurry();
  look();
});
if (site) {
  show.closable(site.close);
  site.ready([words.chat, words.open_chat, words.close_chat]);
  setTimeout(start, TOLD_WITHIN_MS);
} else {
  start();
  composer.focus();
}
