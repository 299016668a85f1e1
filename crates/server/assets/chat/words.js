// What the page says, in the language in which the server wrote it.

/** @type {Record<string, string>} */
export const words = JSON.parse(document.body.dataset.words ?? "{}");

/**
 * A phrase with what belongs into its braces.
 * @param {string} phrase
 * @param {Record<string, string | number>} values
 */
export function fill(phrase, values) {
  return phrase.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
}

const page = document.documentElement.dataset;
const limits = { mb: Number(page.fileBytesMax) / 1e6, max: page.textCharsMax ?? "" };

/** Phrases for the words by which the server says why something was not taken. */
const REFUSALS = {
  too_fast: words.too_fast, not_stored: words.not_stored, file_gone: words.file_gone, text: words.text_too_long,
  file_too_large: words.too_large, invalid_field: words.file_empty, broken_body: words.upload_broke,
  too_many_files: words.files_too_fast,
};

/**
 * Why something was not taken.
 * @param {string | undefined} code
 * @param {string} otherwise For words that this page does not know.
 */
export function refusal(code, otherwise) {
  const phrase = REFUSALS[/** @type {keyof typeof REFUSALS} */ (code)];
  return phrase ? fill(phrase, limits) : otherwise;
}
