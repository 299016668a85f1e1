// Keeps the page fresh without touching what is being written; tells when the agent types; puts canned texts into the box.

const EVERY_MS = 1500;
const TYPING_ENDS_MS = 4000;

const log = () => document.querySelector(".messages");
const toEnd = () => { const list = log(); if (list) list.scrollTop = list.scrollHeight; };

async function refresh() {
  try {
    const reply = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!reply.ok) return;
    const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
      if (!next || next.innerHTML === part.innerHTML || part.contains(document.activeElement)) continue;
      const list = log();
      const atEnd = list && list.scrollHeight - list.scrollTop - list.clientHeight < 60;
      part.replaceChildren(...next.childNodes);
      if (part === list && atEnd) toEnd();
    }
    if (!document.querySelector(".composer") && fresh.querySelector(".composer")) location.reload();
  } catch {
    // The server is away; the next look may find it.
  }
}

const composer = document.querySelector(".composer");
if (composer) {
  const box = composer.elements.namedItem("text");
  let typing = false;
  let timer = 0;
  const tell = (on) => {
    if (typing === on) return;
    typing = on;
    const body = new URLSearchParams({
      conversation: composer.elements.namedItem("conversation").value,
      agent: composer.elements.namedItem("agent").value,
      to: on ? "on" : "off",
    });
    fetch("/_desk/type", { method: "POST", body, keepalive: true }).catch(() => {});
  };
  box.addEventListener("input", () => {
    tell(box.value !== "");
    clearTimeout(timer);
    timer = setTimeout(() => tell(false), TYPING_ENDS_MS);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    composer.requestSubmit(composer.querySelector('[value="answer"]'));
  });
  composer.addEventListener("submit", () => tell(false));
  composer.elements.namedItem("agent").addEventListener("change", (event) => {
    const address = new URL(location.href);
    address.searchParams.set("agent", event.target.value);
    history.replaceState(null, "", address);
    refresh();
  });
  composer.addEventListener("click", (event) => {
    const button = event.target.closest("[data-canned]");
    if (!button) return;
    event.preventDefault();
    box.value = button.dataset.canned;
    box.focus();
  });
}

toEnd();
setInterval(refresh, EVERY_MS);
