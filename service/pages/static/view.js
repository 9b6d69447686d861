// A token on the page: as it is sent, decoded, and claim by claim.
import { rows, tick } from "./claims.js";
import { byteLength, PARTS, readObject, split } from "./jwt.js";
import { element, make } from "./page.js";

// Show a token; `changed` is where it was tampered with. Returns its header and claims, each null if unreadable.
export function view(token, changed) {
  const parts = split(token);
  const nothing = make("span", "No token yet. Log in, or paste one below.", { class: "none" });
  element("raw").replaceChildren(...(parts ? coloured(parts, changed) : [token || nothing]));
  const header = parts && readObject(parts.header);
  const claims = parts && readObject(parts.payload);
  element("header").textContent = pretty(parts?.header, header);
  element("payload").textContent = pretty(parts?.payload, claims);
  element("signature").textContent = parts ? signature(parts.signature) : "";
  element("claims").replaceChildren(...rows(claims ?? {}));
  element("no-claims").hidden = Boolean(claims);
  return { header, claims };
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

function pretty(part, object) {
  if (object) {
    return JSON.stringify(object, null, 2);
  }
  return part ? "This part holds no JSON object." : "";
}

function signature(part) {
  const length = byteLength(part);
  return length === null ? "This part is not base64url." : `${length} bytes, which only the issuer's key can make:\n${part}`;
}
