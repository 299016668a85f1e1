// The list behind `/`: filtered while one types, chosen by keyboard or pointer.

/** @type {Promise<{id: string, name: string, text: string}[]> | null} */
let loading = null;

function load() {
  loading ??= fetch("/console/canned", { headers: { accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : []))
    .catch(() => [])
    .finally(() => setTimeout(() => (loading = null), 30000));
  return loading;
}

/**
 * @param {HTMLTextAreaElement} field
 * @param {HTMLElement} list
 */
export function attach(field, list) {
  /** @type {{id: string, name: string, text: string}[]} */
  let shown = [];
  let chosen = 0;

  const close = () => {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const mark = () => {
    [...list.children].forEach((option, index) => {
      option.setAttribute("aria-selected", String(index === chosen));
      if (index === chosen) {
        field.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      }
    });
  };
  /** @param {number} index */
  const use = (index) => {
    const canned = shown[index];
    if (!canned) return;
    field.value = canned.text;
    close();
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
    close();
  };
  const show = async () => {
    const asked = field.value;
    if (!asked.startsWith("/") || asked.includes("\n")) return close();
    const all = await load();
    if (field.value !== asked) return;
    const word = asked.slice(1).trim().toLowerCase();
    const fits = (/** @type {{name: string, text: string}} */ one) =>
      one.name.toLowerCase().includes(word) || one.text.toLowerCase().includes(word);
    shown = all.filter(fits).sort((a, b) =>
      Number(b.name.toLowerCase().startsWith(word)) - Number(a.name.toLowerCase().startsWith(word)));
    if (shown.length === 0) return close();
    chosen = 0;
    list.replaceChildren(...shown.map((one, index) => {
      const option = document.createElement("div");
      option.id = `canned-${index}`;
      option.setAttribute("role", "option");
      const [name, text] = [document.createElement("strong"), document.createElement("span")];
      name.textContent = `/${one.name}`;
      text.textContent = one.text.replaceAll("\n", " ");
      option.append(name, text);
      option.addEventListener("mousedown", (event) => {
        event.preventDefault();
        use(index);
      });
      return option;
    }));
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    mark();
  };

  field.addEventListener("input", show);
  field.addEventListener("blur", () => setTimeout(close, 150));
  return {
    open() {
      if (field.value === "") field.value = "/";
      field.focus();
      show();
    },
    /** @param {KeyboardEvent} event @returns {boolean} whether the key was for the list */
    key(event) {
      if (list.hidden) return false;
      if (event.key === "ArrowDown") chosen = (chosen + 1) % shown.length;
      else if (event.key === "ArrowUp") chosen = (chosen + shown.length - 1) % shown.length;
      else if (event.key === "Enter" || event.key === "Tab") use(chosen);
      else if (event.key === "Escape") close();
      else return false;
      event.preventDefault();
      if (!list.hidden) mark();
      return true;
    },
  };
}
