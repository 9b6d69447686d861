// The routes that the token page calls: what was sent, and what came back.
import { call } from "./api.js";
import { element, tell } from "./page.js";

let last = 0;

// Call a route with a token, and show how that went, unless something else is shown by then.
export async function present(path, token) {
  const number = showCall({ text: `Calling ${path} …` });
  let called;
  try {
    const { status, sent, answered, body } = await call(path, token);
    const text = `${path} answers ${status}: ${body?.message ?? body?.detail ?? ""}`;
    called = { text, kind: status < 400 ? "right" : "wrong", sent, answered };
  } catch (error) {
    called = { text: error.message, kind: "wrong" };
  }
  if (number === last) {
    showCall(called);
  }
}

export function clearCall() {
  showCall({});
}

function showCall({ text = "", kind = "", sent = "", answered = "" }) {
  tell("called", text, kind);
  element("request").textContent = sent;
  element("answer").textContent = answered;
  return ++last;
}
