// The console. The server draws everything; this keeps it up to date and brings what the agent does to the server.

import * as canned from "./canned.js";
import { connect } from "./line.js";
import * as outbox from "./outbox.js";
import { local, tick } from "./time.js";
import { upload } from "./upload.js";

const body = document.body;
const csrf = body.dataset.csrf ?? "";
/** @param {string} id @returns {any} */
const get = (id) => document.getElementById(id);
const queue = get("queue");
let tab = body.dataset.tab ?? "open";
let waiting = queue.querySelectorAll(".line-waits").length;
let connected = false;
/** What the server has been told about reading. */
let told = { delivered: 0, read: 0 };

const line = connect(csrf, hear, (open) => {
  connected = open;
  get("connection").hidden = open;
  get("connection").textContent = open ? "" : "The connection is lost. Trying again… What you write is kept.";
  if (open) watch();
});

/** The open conversation's element. @returns {HTMLElement | null} */
const shown = () => get("conversation");

function watch() {
  const open = shown();
  line.send({
    type: "watch", tab, conversation: open?.dataset.conversation ?? null, after: Number(open?.dataset.last ?? 0),
  });
}

/** @param {any} said */
function hear(said) {
  const open = shown();
  const here = open && (said.conversation ?? said.state?.conversation) === open.dataset.conversation;
  if (said.type === "queue" && said.tab === tab) showQueue(said);
  else if (said.type === "entries" && here) showEntries(open, said);
  else if (said.type === "state" && here) showState(open, said);
  else if (said.type === "typing" && here) showTyping(said);
  else if (said.type === "ready") resend();
  else if (said.type === "ack") acknowledged(said);
  else if (said.type === "signed_out") location.href = `/login?next=${encodeURIComponent(location.pathname)}`;
}

/* The list */

/** @param {{html: string, waiting: number}} said */
function showQueue(said) {
  const focused = /** @type {HTMLElement | null} */ (queue.contains(document.activeElement) ? document.activeElement : null);
  const id = focused?.dataset.conversation;
  queue.innerHTML = said.html;
  if (id) queue.querySelector(`[data-conversation="${CSS.escape(id)}"]`)?.focus();
  if (said.waiting > waiting) alertAgent();
  waiting = said.waiting;
  title();
  tick();
}

function title() {
  document.title = `${waiting > 0 ? `(${waiting}) ` : ""}Console · Handover`;
}

/* The transcript */

const scroll = () => get("scroll");
const atEnd = () => {
  const pane = scroll();
  return !pane || pane.scrollHeight - pane.scrollTop - pane.clientHeight < 80;
};
const toEnd = () => {
  const pane = scroll();
  if (pane) pane.scrollTop = pane.scrollHeight;
  if (get("to-end")) get("to-end").hidden = true;
};

/**
 * @param {HTMLElement} open
 * @param {{html: string, last: number}} said
 */
function showEntries(open, said) {
  const end = atEnd();
  const fresh = document.createElement("template");
  fresh.innerHTML = said.html;
  for (const entry of [...fresh.content.children]) {
    // What is there already is not shown twice, whatever the connection repeats.
    if (document.getElementById(entry.id)) entry.remove();
    const source = entry.getAttribute("data-source");
    if (source) get("pending").querySelector(`[data-id="${CSS.escape(source)}"]`)?.remove();
  }
  const fromContact = fresh.content.querySelector('[data-actor="contact"]');
  get("entries").append(fresh.content);
  open.dataset.last = String(Math.max(Number(open.dataset.last), said.last));
  get("typing").textContent = fromContact ? "" : get("typing").textContent;
  dress();
  if (end) toEnd();
  else if (fromContact) get("to-end").hidden = false;
  seen();
}

/** Agents stand on the right, lines of one speaker together; marks on what agents said. */
function dress() {
  const open = shown();
  if (!open) return;
  const [delivered, read] = [Number(open.dataset.delivered), Number(open.dataset.read)];
  /** @type {Element | null} */
  let before = null;
  for (const entry of get("entries").children) {
    const agent = entry.classList.contains("by-agent");
    entry.classList.toggle("mine", agent);
    const same = before?.classList.contains("message") && entry.classList.contains("message")
      && before.getAttribute("data-actor") === entry.getAttribute("data-actor")
      && before.querySelector(".by")?.textContent === entry.querySelector(".by")?.textContent
      && Number(entry.getAttribute("data-at")) - Number(before.getAttribute("data-at")) < 120000;
    entry.classList.toggle("follows", Boolean(same));
    const mark = agent ? entry.querySelector(".mark") : null;
    if (mark) {
      const n = Number(entry.getAttribute("data-n"));
      const state = n <= read ? "read" : n <= delivered ? "delivered" : "sent";
      mark.setAttribute("data-mark", state);
      mark.setAttribute("role", "img");
      mark.setAttribute("aria-label", state);
      mark.setAttribute("title", state);
    }
    before = entry;
  }
  // Buttons of the bot's questions are the contact's to press.
  for (const button of get("entries").querySelectorAll("button.choice:not([disabled])")) button.disabled = true;
  local(open);
}

/** @param {any} said */
function showTyping(said) {
  clearTimeout(showTyping.timer);
  get("typing").textContent = said.on ? `${said.name || "The contact"} is writing…` : "";
  if (said.on) showTyping.timer = setTimeout(() => (get("typing").textContent = ""), 8000);
  if (atEnd()) toEnd();
}
/** @type {number | undefined} */
showTyping.timer = undefined;

/** Tells the contact's side what has arrived and been read. */
function seen() {
  const open = shown();
  if (!open || open.dataset.holder === "bot" || !open.dataset.session) return;
  const last = Number(open.dataset.last);
  const looking = document.visibilityState === "visible" && document.hasFocus() && open.dataset.mine === "true";
  const now = { delivered: last, read: looking ? last : told.read };
  if (now.delivered <= told.delivered && now.read <= told.read) return;
  const sent = line.send({
    type: "act", act: "seen", conversation: open.dataset.conversation, session: open.dataset.session, ...now,
  });
  if (sent) told = now;
}

/* What can be done */

/**
 * @param {HTMLElement} open
 * @param {any} said
 */
function showState(open, said) {
  const state = said.state;
  const head = get("head");
  const inHead = head.contains(document.activeElement);
  const menu = head.querySelector(".menu")?.open && state.session === open.dataset.session && state.holder === open.dataset.holder;
  Object.assign(open.dataset, {
    holder: state.holder, session: state.session ?? "", mine: String(state.mine),
    delivered: String(state.delivered), read: String(state.read),
  });
  const field = open.querySelector('#composer [name="session"]');
  if (field) /** @type {HTMLInputElement} */ (field).value = state.session ?? "";
  // An open menu is not pulled away from under the agent's hand.
  if (!menu) {
    head.innerHTML = said.head;
    if (inHead) (get("text") ?? head).focus();
  }
  get("context").innerHTML = said.context;
  local(get("context"));
  composerFor(state.holder);
  dress();
  tick();
  seen();
}

/** While the bot has the floor, only notes can be written. @param {string} holder */
function composerFor(holder) {
  const [say, note] = document.querySelectorAll('#composer [name="act"]');
  if (!say) return;
  if (holder === "bot") /** @type {HTMLInputElement} */ (note).checked = true;
  else if (composerFor.before === "bot") /** @type {HTMLInputElement} */ (say).checked = true;
  composerFor.before = holder;
  placeholder();
}
composerFor.before = "";

function placeholder() {
  const note = document.querySelector('#composer [value="note"]');
  const text = get("text");
  if (text) {
    text.placeholder = /** @type {HTMLInputElement} */ (note).checked
      ? "A note for your colleagues. The contact never sees it."
      : "Write to the contact. / for canned responses";
  }
}

/** @param {Omit<import("./outbox.js").Act, "id" | "conversation" | "session">} act */
function perform(act) {
  const open = shown();
  if (!open) return;
  const whole = {
    id: outbox.newId(), conversation: open.dataset.conversation ?? "", session: open.dataset.session || null, ...act,
  };
  outbox.put(whole);
  pend(whole);
  line.send({ type: "act", ...whole });
  toEnd();
}

/** Shows what is on its way. @param {import("./outbox.js").Act} act */
function pend(act) {
  const open = shown();
  if (!open || act.conversation !== open.dataset.conversation || !["say", "note", "file"].includes(act.act)) return;
  if (get("pending").querySelector(`[data-id="${act.id}"]`)) return;
  const entry = document.createElement("div");
  entry.className = act.act === "note" ? "entry note" : "entry message by-agent mine";
  entry.dataset.id = act.id;
  const [bubble, meta] = [document.createElement("div"), document.createElement("span")];
  bubble.className = "bubble";
  bubble.textContent = act.text ?? act.name ?? "";
  meta.className = "meta";
  meta.textContent = "Sending…";
  entry.append(bubble, meta);
  get("pending").append(entry);
}

/** After a lost connection: what is not yet acknowledged goes again, under the same id. */
function resend() {
  for (const act of outbox.all()) {
    pend(act);
    line.send({ type: "act", ...act });
  }
  seen();
}

/** @param {{id: string, ok: boolean, again: boolean, message: string | null}} said */
function acknowledged(said) {
  if (said.again) {
    const meta = get("pending")?.querySelector(`[data-id="${CSS.escape(said.id)}"] .meta`);
    if (meta) meta.textContent = said.message ?? "";
    setTimeout(() => {
      const act = outbox.all().find((one) => one.id === said.id);
      if (act && connected) line.send({ type: "act", ...act });
    }, 1500);
    return;
  }
  const act = outbox.take(said.id);
  const pending = get("pending")?.querySelector(`[data-id="${CSS.escape(said.id)}"]`);
  if (said.ok) {
    pending?.remove();
    problem(said.message ?? "");
    return;
  }
  problem(said.message ?? "It was not sent.");
  if (!pending) return;
  pending.classList.add("failed");
  const meta = pending.querySelector(".meta");
  if (meta) meta.textContent = "Not sent";
  // The words are not lost: they go back to where they can be changed.
  if (act?.text && get("text").value === "") {
    get("text").value = act.text;
    pending.remove();
  }
}

/** @param {string} text */
function problem(text) {
  const place = get("composer-problem");
  if (!place) return;
  place.textContent = text ? text[0].toUpperCase() + text.slice(1) : "";
  place.hidden = text === "";
}

/* Writing */

/** @type {ReturnType<typeof canned.attach> | null} */
let list = null;
let typingSince = 0;

function typing() {
  const open = shown();
  const say = document.querySelector('#composer [value="say"]');
  if (!open || !(/** @type {HTMLInputElement} */ (say).checked) || get("text").value.startsWith("/")) return;
  const on = get("text").value !== "";
  if (on && Date.now() - typingSince < 3000) return;
  typingSince = on ? Date.now() : 0;
  line.send({ type: "typing", conversation: open.dataset.conversation, on });
}

function submit() {
  const text = get("text").value;
  if (text.trim() === "") return;
  const mode = /** @type {HTMLInputElement | null} */ (document.querySelector('#composer [name="act"]:checked'));
  problem("");
  perform({ act: mode?.value ?? "say", text });
  get("text").value = "";
  forget();
  typing();
}

const draftKey = () => `handover-draft-${shown()?.dataset.conversation}`;
function remember() {
  try { sessionStorage.setItem(draftKey(), get("text").value); } catch { /* the page still has it */ }
}
function forget() {
  try { sessionStorage.removeItem(draftKey()); } catch { /* nothing was kept */ }
}

/** @param {Iterable<File>} files */
function attach(files) {
  const say = /** @type {HTMLInputElement | null} */ (document.querySelector('#composer [value="say"]'));
  if (shown()?.dataset.holder === "bot") return problem("Take over first: while the bot answers, only notes can be written.");
  if (say) say.checked = true;
  for (const file of files) upload(file, csrf, get("uploads"), (url, name) => perform({ act: "file", url, name }));
}

/** Brings a conversation that was just put on the page to life. */
function arrive() {
  const open = shown();
  body.querySelector(".console")?.classList.toggle("has-open", Boolean(open));
  told = { delivered: 0, read: 0 };
  if (!open) return;
  composerFor.before = "";
  composerFor(open.dataset.holder ?? "bot");
  list = canned.attach(get("text"), get("canned"));
  try { get("text").value = sessionStorage.getItem(draftKey()) ?? ""; } catch { /* no draft */ }
  dress();
  local(get("context"));
  toEnd();
}

/* Going from one conversation to another without loading the page */

/** @param {string} address @param {boolean} push */
async function go(address, push) {
  const answer = await fetch(address, { headers: { accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) {
    location.href = address;
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ["main", "context", "queue"]) get(id).replaceChildren(.../** @type {HTMLElement} */ (page.getElementById(id)).childNodes);
  tab = page.body.dataset.tab ?? "open";
  for (const link of document.querySelectorAll(".tabs a")) {
    if (/** @type {HTMLElement} */ (link).dataset.tab === tab) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  get("context").classList.remove("shown");
  if (push) history.pushState(null, "", address);
  arrive();
  watch();
  title();
  const first = /** @type {HTMLElement | null} */ (document.querySelector("[data-first]"));
  if (shown() && matchMedia("(min-width: 46rem)").matches) (first ?? get("text"))?.focus();
}

/* Sound and notification, asked for by the agent */

const alerts = get("alerts");
let alerting = false;
try { alerting = localStorage.getItem("handover-alerts") === "on" && Notification.permission === "granted"; } catch { alerting = false; }
function showAlerts() {
  alerts.hidden = !("Notification" in window);
  alerts.setAttribute("aria-pressed", String(alerting));
  alerts.textContent = alerting ? "Alerts on" : "Alerts off";
}
function alertAgent() {
  if (alerting && document.visibilityState !== "visible") new Notification("Someone is waiting for a human", { tag: "handover" });
}

/* What the agent does */

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const link = /** @type {HTMLAnchorElement | null} */ (target.closest("a.line, .tabs a, a.back"));
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    go(link.href, true);
  }
  if (target.closest("[data-about]")) {
    const on = get("context").classList.toggle("shown");
    document.querySelector(".about")?.setAttribute("aria-expanded", String(on));
    /** @type {HTMLElement | null} */ (document.querySelector(on ? ".close-context" : ".about"))?.focus();
  }
  if (target.closest("#to-end")) toEnd();
  if (target.closest("#open-canned")) list?.open();
  if (target.closest("#earlier")) earlier();
  if (target.closest("#alerts")) toggleAlerts();
  const menu = /** @type {HTMLDetailsElement | null} */ (document.querySelector(".menu[open]"));
  if (menu && !menu.contains(target)) menu.open = false;
});

async function toggleAlerts() {
  alerting = !alerting && (await Notification.requestPermission()) === "granted";
  try { localStorage.setItem("handover-alerts", alerting ? "on" : "off"); } catch { /* for this page only */ }
  showAlerts();
}

async function earlier() {
  const open = shown();
  if (!open) return;
  const answer = await fetch(`/console/c/${encodeURIComponent(open.dataset.conversation ?? "")}/earlier?before=${open.dataset.first}`);
  if (!answer.ok) return;
  const [pane, fresh] = [scroll(), document.createElement("template")];
  fresh.innerHTML = await answer.text();
  const height = pane.scrollHeight;
  get("entries").prepend(fresh.content);
  open.dataset.first = String(Math.max(1, Number(open.dataset.first) - 200));
  get("earlier").hidden = Number(open.dataset.first) <= 1;
  dress();
  pane.scrollTop += pane.scrollHeight - height;
}

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.id === "composer") {
    event.preventDefault();
    submit();
  } else if (form.hasAttribute("data-act")) {
    event.preventDefault();
    const fields = new FormData(form);
    const menu = /** @type {HTMLDetailsElement | null} */ (form.closest(".menu"));
    if (menu) menu.open = false;
    perform({ act: String(fields.get("act")), flow: String(fields.get("flow") ?? ""), step: String(fields.get("step") ?? "") });
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = /** @type {HTMLDetailsElement | null} */ (document.querySelector(".menu[open]"));
    if (menu) {
      menu.open = false;
      /** @type {HTMLElement | null} */ (menu.querySelector("summary"))?.focus();
    }
    get("context").classList.remove("shown");
  }
  if (event.target !== get("text") || event.isComposing) return;
  if (list?.key(event)) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    submit();
  }
});

document.addEventListener("input", (event) => {
  if (event.target === get("text")) {
    typing();
    remember();
  }
});
document.addEventListener("change", (event) => {
  const target = /** @type {HTMLInputElement} */ (event.target);
  if (target.name === "act") placeholder();
  if (target.id === "file") {
    attach([...(target.files ?? [])]);
    target.value = "";
  }
});
document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length > 0 && shown()) {
    event.preventDefault();
    attach(files);
  }
});
document.addEventListener("dragover", (event) => {
  if (shown() && event.dataTransfer?.types.includes("Files")) {
    event.preventDefault();
    get("main").classList.add("dropping");
  }
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) get("main").classList.remove("dropping");
});
document.addEventListener("drop", (event) => {
  get("main").classList.remove("dropping");
  if (shown() && event.dataTransfer?.files.length) {
    event.preventDefault();
    attach(event.dataTransfer.files);
  }
});
document.addEventListener("visibilitychange", seen);
addEventListener("focus", seen);
addEventListener("popstate", () => go(location.href, false));

setInterval(tick, 1000);
showAlerts();
arrive();
title();
tick();
