/**
 * Steps over the parts of a JSON text without making values of them.
 *
 * `JSON.parse` makes a number a double and keeps nothing of its digits, and Node 20 does not tell where a value stood.
 * Where digits count, the value's own text is cut out of the JSON text. All texts here are JSON: `JSON.parse` has
 * taken them before.
 */
const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
/** The bit that makes a bracket the brace of its kind, and a capital letter of ASCII a small one. */
const small = 0x20;

/**
 * Step over white space.
 *
 * @returns the first index from `from` on that has none, or `end`.
 */
export function afterBlanks(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  return at;
}

/**
 * Step over a string.
 *
 * @param from index of its opening quote.
 * @returns the index behind its closing quote.
 */
export function afterString(text: string, from: number): number {
  let end = text.indexOf('"', from + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

/** Whether an odd number of backslashes stands before a character. */
function isEscaped(text: string, at: number): boolean {
  let from = at;
  while (text.charCodeAt(from - 1) === backslash) from--;
  return (at - from) % 2 === 1;
}

/**
 * Step over a value.
 *
 * @param from index of its first character.
 * @returns the index behind its last one.
 */
export function afterValue(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === quote) return afterString(text, from);
  let at = from;
  if ((first | small) !== openBrace) {
    while (at < text.length && !endsScalar(text.charCodeAt(at))) at++;
    return at;
  }
  for (let depth = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = afterString(text, at);
      continue;
    }
    at++;
    const brace = code | small;
    if (brace === openBrace) depth++;
    else if (brace === closeBrace && --depth === 0) break;
  }
  return at;
}

/**
 * The place of the first element of an array, or of the value itself when it is no array.
 *
 * @param from index before which there is nothing but white space.
 */
export function firstElement(text: string, from: number): number {
  const at = afterBlanks(text, from, text.length);
  return text[at] === '[' ? afterBlanks(text, at + 1, text.length) : at;
}

/** The place of the element behind the one at `from`, which is not the last. */
export function nextElement(text: string, from: number): number {
  const commaAt = afterBlanks(text, afterValue(text, from), text.length);
  return afterBlanks(text, commaAt + 1, text.length);
}

/** The text of a value without the white space around its parts, as `JSON.stringify` writes it. */
export function compact(text: string, from: number, end: number): string {
  const own = text.slice(from, end);
  // Most texts have none at all, and a regular expression sees that fastest.
  if (!/[ \n\r\t]/.test(own)) return own;
  let result = '';
  let kept = from;
  for (let at = from; at < end; ) {
    const code = text.charCodeAt(at);
    if (code === quote) at = afterString(text, at);
    else if (!isBlank(code)) at++;
    else {
      result += text.slice(kept, at);
      at = kept = afterBlanks(text, at, end);
    }
  }
  return result + text.slice(kept, end);
}

function isBlank(code: number): boolean {
  return code <= 0x20 && (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09);
}

function endsScalar(code: number): boolean {
  return code === comma || (code | small) === closeBrace || isBlank(code);
}
