// A token taken apart, to be looked at. Nothing here decides about it: that is the API's business.
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export const PARTS = ["header", "payload", "signature"];

// The API takes no longer one.
const MAX_BYTES = 8192;

export function isTooLong(token) {
  return new TextEncoder().encode(token).length > MAX_BYTES;
}

// A token without what it is often copied with: spaces, quotes, "Authorization: Bearer" (as `jwt decode` takes it), and
// line breaks. Of words in one line each stays: the API refuses them.
export function bare(text) {
  const token = unquoted(text.trim()).trimStart().replace(/^(authorization\s*:\s*)?(bearer(\s+|$))?/i, "").trim();
  // Each run of white space is looked at once. A pattern with the line break in it would begin anew at each space.
  return token.replace(/\s+/g, (space) => (space.includes("\n") ? "" : space));
}

function unquoted(text) {
  let [start, end] = [0, text.length];
  while (start < end && `"'`.includes(text[start])) {
    start += 1;
  }
  while (end > start && `"'`.includes(text[end - 1])) {
    end -= 1;
  }
  return text.slice(start, end);
}

// The parts as they stand in the text; null where there are not three.
export function split(token) {
  const parts = token.split(".", PARTS.length + 1);
  return parts.length === PARTS.length ? Object.fromEntries(PARTS.map((name, index) => [name, parts[index]])) : null;
}

// What a part holds: { text, object }, of which `object` is null where the text is no JSON object; null for no text.
export function read(part) {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes(part));
  } catch {
    return null;
  }
  try {
    const value = JSON.parse(text);
    return { text, object: value !== null && typeof value === "object" && !Array.isArray(value) ? value : null };
  } catch {
    return { text, object: null };
  }
}

export function byteLength(part) {
  try {
    return bytes(part).length;
  } catch {
    return null;
  }
}

// Change the character in the middle of a part; returns the token, as it was whole too, and where in it that is.
export function tamper(token, part) {
  const parts = token.split(".");
  const index = PARTS.indexOf(part);
  const place = Math.floor(parts[index].length / 2);
  const now = parts[index][place];
  const other = ALPHABET[(ALPHABET.indexOf(now) + 1) % ALPHABET.length];
  parts[index] = parts[index].slice(0, place) + other + parts[index].slice(place + 1);
  return { token: parts.join("."), whole: token, part, place };
}

function bytes(part) {
  const text = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
