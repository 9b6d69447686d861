// The authorization link of the tutorial, and the `state` by which its answer is recognised as this browser's own.
// Anybody can send somebody a link with a token in it; nobody else knows a state that was given out here.
import { callback, settings } from "./settings.js";
import { recall, remember } from "./storage.js";

const STORED = "links.states";
const MILLISECONDS = 10 * 60 * 1000;

// A new link at each call. Where the browser remembers nothing, it has no state: its token will only be shown.
export function authorizationLink() {
  const parameters = new URLSearchParams({
    audience: settings.audience,
    response_type: "token",
    client_id: settings.clientId,
    redirect_uri: callback,
  });
  const state = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (store({ ...given(), [state]: Date.now() + MILLISECONDS })) {
    parameters.set("state", state);
  }
  return `${settings.domain}/authorize?${parameters}`;
}

// Whether a state was given out by this browser and not used yet. It is used up by asking.
export function redeem(state) {
  const states = given();
  const known = Boolean(state) && Object.hasOwn(states, state);
  if (known) {
    delete states[state];
    store(states);
  }
  return known;
}

// In localStorage, since a link that is copied is opened in another tab. It is no token, and opens nothing.
function store(states) {
  return remember("localStorage", STORED, JSON.stringify(states));
}

function given() {
  let stored;
  try {
    stored = JSON.parse(recall("localStorage", STORED) ?? "{}");
  } catch {
    stored = {};
  }
  return Object.fromEntries(Object.entries(stored).filter(([, until]) => until > Date.now()));
}
