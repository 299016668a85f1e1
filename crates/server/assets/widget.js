// Brings the chat to any site: a button, and a frame that opens above it.
(() => {
  const tag = document.currentScript || document.querySelector('script[src*="/widget.js"][data-channel]');
  if (!tag || window.Handover) return;
  const data = tag.dataset;
  const table = {
    en: ["Chat", "Open the chat", "Close the chat"],
    de: ["Chat", "Chat öffnen", "Chat schließen"],
    fr: ["Discussion", "Ouvrir la discussion", "Fermer la discussion"],
    es: ["Ventana de chat", "Abrir el chat", "Cerrar el chat"],
    it: ["Finestra della chat", "Apri la chat", "Chiudi la chat"],
    pt: ["Janela da conversa", "Abrir a conversa", "Fechar a conversa"],
    nl: ["Chatvenster", "Chat openen", "Chat sluiten"],
    pl: ["Okno czatu", "Otwórz czat", "Zamknij czat"],
  };
  const metadata = () => {
    try {
      return JSON.parse(data.metadata || data.webappMetadata || "{}");
    } catch {
      console.warn("Handover: data-metadata is not JSON.");
      return {};
    }
  };
  const told = (metadata() || {}).language;
  let words = table[String(told || navigator.language).slice(0, 2).toLowerCase()] || table.en;
  const channel = data.channel || "web";
  const server = new URL(tag.src).origin;
  const side = data.position === "left" ? "left" : "right";
  const key = `handover:${channel}`;
  const keep = (store, value) => {
    try {
      return value === undefined ? window[store].getItem(key) : window[store].setItem(key, value);
    } catch {
      return null;
    }
  };
  const make = (name, attributes) => {
    const element = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    return element;
  };
  const host = make("div", {});
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; position: fixed; z-index: 2147483000; bottom: 20px; ${side}: 20px; }
    button { position: relative; width: 60px; height: 60px; border: 0; border-radius: 50%; padding: 0; cursor: pointer;
      box-shadow: 0 6px 24px rgb(0 0 0 / 25%); display: grid; place-items: center; transition: transform .15s; }
    button:hover { transform: scale(1.05); }
    button:focus-visible { outline: 3px solid #fff; box-shadow: 0 0 0 6px #0b6b5d; }
    svg { width: 28px; height: 28px; } img { width: 60px; height: 60px; border-radius: 50%; object-fit: cover; }
    .n { position: absolute; top: -4px; right: -4px; min-width: 22px; padding: 0 6px; box-sizing: border-box; border-radius: 11px;
      background: #b3261e; color: #fff; font: 600 13px/22px system-ui, sans-serif; } [hidden] { display: none !important; }
    iframe { position: fixed; bottom: 92px; ${side}: 20px; width: 400px; height: min(680px, calc(100dvh - 112px)); border: 0;
      border-radius: 18px; box-shadow: 0 12px 48px rgb(0 0 0 / 28%); background: Canvas; color-scheme: light dark;
      outline: 1px solid rgb(128 128 128 / 25%); }
    @media (max-width: 500px) { iframe { inset: 0; width: 100%; height: 100dvh; border-radius: 0; } [aria-expanded=true] { display: none; } }
    @media (prefers-reduced-motion: reduce) { button { transition: none; } }`);
  root.adoptedStyleSheets = [sheet];

  const button = make("button", { type: "button", "aria-label": words[1], "aria-expanded": "false" });
  const badge = make("span", { class: "n", hidden: "" });
  button.style.background = data.launcherBackground || "#0b6b5d";
  if (data.logoUrl) {
    button.append(make("img", { src: data.logoUrl, alt: "" }));
  } else {
    const ns = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(ns, "svg");
    const path = document.createElementNS(ns, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", "M4 6.5A2.5 2.5 0 0 1 6.5 4h11A2.5 2.5 0 0 1 20 6.5v7a2.5 2.5 0 0 1-2.5 2.5H12l-5 4v-4h-.5A2.5 2.5 0 0 1 4 13.5z");
    path.setAttribute("fill", data.launcherFill || "#fff");
    svg.append(path);
    button.append(svg);
  }
  button.append(badge);
  root.append(button);

  let frame = null;
  let ready = false;
  let open = false;
  const say = (message) => ready && frame.contentWindow.postMessage({ handover: message }, server);
  const load = () => {
    if (frame) return;
    const query = new URLSearchParams({ embed: location.origin });
    if (data.ref) query.set("ref", data.ref);
    if (typeof told === "string") query.set("language", told);
    frame = make("iframe", { src: `${server}/chat/${channel}?${query}`, title: words[0], allow: "clipboard-write" });
    frame.hidden = true;
    root.prepend(frame);
  };
  const set = (on) => {
    load();
    open = on;
    frame.hidden = !on;
    button.setAttribute("aria-expanded", String(on));
    button.setAttribute("aria-label", words[on ? 2 : 1]);
    keep("localStorage", "1");
    keep("sessionStorage", on ? "open" : "closed");
    say({ shown: on });
    (on ? frame : button).focus({ preventScroll: true });
  };
  button.addEventListener("click", () => set(!open));
  addEventListener("keydown", (event) => event.key === "Escape" && open && set(false));
  addEventListener("message", (event) => {
    if (!frame || event.origin !== server || event.source !== frame.contentWindow) return;
    const word = event.data && event.data.handover;
    if (!word) return;
    if (word.ready) {
      ready = true;
      if (Array.isArray(word.words)) words = word.words;
      button.setAttribute("aria-label", words[open ? 2 : 1]);
      const page = location.origin + location.pathname + (document.title ? ` (${document.title})` : "");
      say({ told: { metadata: metadata(), page, logo: data.logoUrl }, shown: open });
    }
    if (word.close) set(false);
    if (typeof word.unread === "number") {
      badge.hidden = word.unread === 0 || open;
      badge.textContent = word.unread > 9 ? "9+" : String(word.unread);
    }
  });
  const start = () => {
    document.body.append(host);
    const last = keep("sessionStorage");
    if ((data.forceOpen === "true" && last !== "closed") || (last === "open" && innerWidth > 500)) set(true);
    else if (keep("localStorage")) load();
  };
  window.Handover = { open: () => set(true), close: () => set(false) };
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
