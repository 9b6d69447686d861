// A token on the page: as it is sent, decoded, and claim by claim.
import { rows, tick } from "./claims.js";
import { byteLength, PARTS, read, split } from "./jwt.js";
import { element, make } from "./page.js";

// White space of JSON outside its strings.
const SPACE = /("(?:[^"\\]|\\.)*")|\s+/g;

// Show a token; `changed` is where it was tampered with. Returns its header and claims, each null if unreadable.
export function view(token, changed) {
  const parts = split(token);
  const nothing = make("span", "No token yet. Log in, or paste one below.", { class: "none" });
  element("raw").replaceChildren(...(parts ? coloured(parts, changed) : [token || nothing]));
  const header = parts && read(parts.header);
  const payload = parts && read(parts.payload);
  element("header").textContent = parts ? pretty(header) : "";
  element("payload").textContent = parts ? pretty(payload) : "";
  element("signature").textContent = parts ? signature(parts.signature) : "";
  element("claims").replaceChildren(...rows(payload?.object ?? {}));
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
  try {
    const same = JSON.stringify(part.object) === part.text.replace(SPACE, "$1");
    return same ? JSON.stringify(part.object, null, 2) : part.text;
  } catch {
    return part.text;
  }
}

function signature(part) {
  const length = byteLength(part);
  return length === null ? "This part is not base64url." : `${length} bytes:\n${part}`;
}
