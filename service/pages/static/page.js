// What every page has: its elements by id, a line for what is going on, and who is signed in.
import { canLogIn } from "./settings.js";
import { stores } from "./storage.js";

// A page that the browser had put aside would show, after logging out, who was signed in before.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) {
    window.location.reload();
  }
});

element("insecure").hidden = window.isSecureContext;
element("storeless").hidden = stores;

export function element(id) {
  return document.getElementById(id);
}

// Make an element. Text is set as text: what a token says is never read as markup.
export function make(name, text = "", attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [attribute, value] of Object.entries(attributes)) {
    made.setAttribute(attribute, value);
  }
  return made;
}

export function say(text, kind = "") {
  tell("status", text, kind);
}

export function tell(id, text, kind = "") {
  element(id).textContent = text;
  element(id).classList.toggle("wrong", kind === "wrong");
  element(id).classList.toggle("right", kind === "right");
}

export function showWho(name) {
  const [text, link, address] = name ? [name, "Log out", "/logout"] : ["Not signed in", "Log in", "/login"];
  const parts = [make("span", text, { class: "name" })];
  if (canLogIn) {
    parts.push(make("a", link, { href: address }));
  }
  element("who").replaceChildren(...parts);
}

// Returns what to tell of it.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied.";
  } catch {
    return "The browser does not let this page copy. Select the text and copy it by hand.";
  }
}
