// The times of what was delivered, in the reader's own clock.

import { moments } from "../moments.js";

moments(document);
for (const note of document.querySelectorAll("[data-clock]")) note.textContent = note.getAttribute("data-clock");
