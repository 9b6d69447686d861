// The authorization link of the tutorial, and the `state` by which its answer is recognised as this browser's own.
// Anybody can send somebody a link with a token in it; nobody else knows a state that was given out here.
import { callback, settings } from "./settings.js";

const STORED = "links.states";
const MILLISECONDS = 10 * 60 * 1000;

export function authorizationLink() {
  const parameters = new URLSearchParams({
    audience: settings.audience,
    response_type: "token",
    client_id: settings.clientId,
    redirect_uri: callback,
    state: give(),
  });
  return `${settings.domain}/authorize?${parameters}`;
}

// Whether a state was given out by this browser and not used yet. It is used up by asking.
export function redeem(state) {
  const states = given();
  const known = Boolean(state) && Object.hasOwn(states, state);
  if (known) {
    delete states[state];
    localStorage.setItem(STORED, JSON.stringify(states));
  }
  return known;
}

function give() {
  const state = crypto.randomUUID();
  localStorage.setItem(STORED, JSON.stringify({ ...given(), [state]: Date.now() + MILLISECONDS }));
  return state;
}

// In localStorage, since a link that is copied is opened in another tab. It is no token, and opens nothing.
function given() {
  let stored;
  try {
    stored = JSON.parse(localStorage.getItem(STORED) ?? "{}");
  } catch {
    stored = {};
  }
  return Object.fromEntries(Object.entries(stored).filter(([, until]) => until > Date.now()));
}
