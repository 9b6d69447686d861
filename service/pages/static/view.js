// A token on the page: as it is sent, decoded, and claim by claim. It may be anybody's and of any length, so all that is
// done with it takes time that grows with its length and no faster.
import { rows, tick } from "./claims.js";
import { byteLength, isTooLong, PARTS, read, split } from "./jwt.js";
import { element, make } from "./page.js";

// What is nested deeper is not indented: each level would make each of its lines longer. The API refuses it anyway.
const DEEPEST = 32;

// Show a token; `changed` is where it was tampered with. Returns its header and claims, each null if unreadable.
export function view(token, changed) {
  const parts = split(token);
  const nothing = make("span", "No token yet. Log in, or paste one below.", { class: "none" });
  element("raw").replaceChildren(...(parts && !isTooLong(token) ? coloured(parts, changed) : [token || nothing]));
  const header = parts && read(parts.header);
  const payload = parts && read(parts.payload);
  element("header").textContent = parts ? pretty(header) : "";
  element("payload").textContent = parts ? pretty(payload) : "";
  element("signature").textContent = parts ? signature(parts.signature) : "";
  element("claims").replaceChildren(rows(payload?.object ?? {}));
  element("no-claims").hidden = Boolean(payload?.object);
  return { header: header?.object ?? null, claims: payload?.object ?? null };
}

export function tickClaims() {
  tick(element("claims"));
}

function coloured(parts, changed) {
  const spans = PARTS.map((name) => {
    const span = make("span", "", { class: name });
    const text = parts[name];
    if (changed?.part === name) {
      span.append(text.slice(0, changed.place), make("mark", text[changed.place]), text.slice(changed.place + 1));
    } else {
      span.textContent = text;
    }
    return span;
  });
  return [spans[0], ".", spans[1], ".", spans[2]];
}

// With line breaks, where that changes nothing else: of large numbers or doubled names JavaScript would make others.
function pretty(part) {
  if (!part) {
    return "This part holds no text.";
  }
  const { compact, depth } = squeeze(part.text);
  const same = part.object && depth <= DEEPEST && JSON.stringify(part.object) === compact;
  return same ? JSON.stringify(part.object, null, 2) : part.text;
}

// JSON without the white space outside its strings, and how deep it is nested. Each character is looked at once, also
// of what is no JSON: a pattern would follow each quotation mark that has no other through the whole rest.
function squeeze(text) {
  let [compact, kept, inString, depth, deepest] = ["", 0, false, 0, 0];
  for (let place = 0; place < text.length; place += 1) {
    const character = text[place];
    if (inString) {
      // An escape is two characters, of which the second ends nothing.
      place += character === "\\" ? 1 : 0;
      inString = character !== '"';
    } else if (character === '"') {
      inString = true;
    } else if (" \t\n\r".includes(character)) {
      compact += text.slice(kept, place);
      kept = place + 1;
    } else if ("[{".includes(character)) {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if ("]}".includes(character)) {
      depth -= 1;
    }
  }
  return { compact: compact + text.slice(kept), depth: deepest };
}

function signature(part) {
  const length = byteLength(part);
  return length === null ? "This part is not base64url." : `${length} bytes:\n${part}`;
}
