// Where the contact writes, and drops files.

const TYPING_AGAIN_MS = 3000;
const TYPING_OFF_MS = 4000;

/**
 * @param {{ onText: (text: string) => void, onFiles: (files: File[]) => void, onTyping: (on: boolean) => void }} on
 */
export function compose(on) {
  const form = /** @type {HTMLFormElement} */ (document.getElementById("composer"));
  const text = /** @type {HTMLTextAreaElement} */ (document.getElementById("text"));
  const file = /** @type {HTMLInputElement} */ (document.getElementById("file"));
  const send = /** @type {HTMLButtonElement} */ (form.querySelector(".send"));
  let typedAt = 0;
  /** @type {number | undefined} */
  let off;

  const grow = () => {
    send.disabled = text.value.trim() === "";
    if (CSS.supports("field-sizing", "content")) return;
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight + 2}px`;
  };
  const rest = () => {
    clearTimeout(off);
    if (typedAt > 0) on.onTyping(false);
    typedAt = 0;
  };

  text.addEventListener("input", () => {
    grow();
    if (text.value === "") return rest();
    if (Date.now() - typedAt > TYPING_AGAIN_MS) {
      typedAt = Date.now();
      on.onTyping(true);
    }
    clearTimeout(off);
    off = setTimeout(rest, TYPING_OFF_MS);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = text.value.trim();
    if (words === "") return;
    text.value = "";
    grow();
    rest();
    on.onText(words);
    text.focus();
  });
  file.addEventListener("change", () => {
    on.onFiles([...(file.files ?? [])]);
    file.value = "";
  });
  text.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) {
      event.preventDefault();
      on.onFiles(files);
    }
  });
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  for (const name of ["dragleave", "drop"]) {
    addEventListener(name, () => document.body.classList.remove("dropping"));
  }
  addEventListener("drop", (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    on.onFiles(files);
  });
  return {
    focus: () => text.focus(),
    /** @param {string} words */
    put: (words) => {
      text.value = text.value ? `${words}\n${text.value}` : words;
      grow();
      text.focus();
    },
  };
}
