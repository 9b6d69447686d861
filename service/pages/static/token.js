// The token page: whose token it is, what it says, what the API makes of it.
import { arrival } from "./arrival.js";
import { clearCall, present } from "./calls.js";
import { bare, isTooLong, split, tamper } from "./jwt.js";
import { redeem } from "./links.js";
import { copy, element, say, showWho, tell } from "./page.js";
import { complete, current, restore, SignedOut } from "./session.js";
import { canLogIn } from "./settings.js";
import { judge, showVerdict } from "./verdict.js";
import { tickClaims, view } from "./view.js";
import { explain, explainCode } from "./words.js";

const SOURCES = {
  none: "",
  session: "Your access token, got by logging in.",
  link: "Your access token, got by the authorization link.",
  stray: "This token came with a link that this browser did not ask for. It is shown and judged, and nobody is logged in with it: anybody can send such a link.",
  pasted: "A token that was pasted. It is shown and judged, and nobody is logged in with it.",
  tampered: "Tampered with: the marked character was changed.",
};

// How often the API is asked about a token past its end, which it may accept a little longer (AUTH0_LEEWAY).
const AGAIN_MILLISECONDS = 5000;

// What is shown (`whole` is the token before it was tampered with), and the token of whoever is signed in.
let shown = { token: "", kind: "none", claims: null, whole: "", valid: false, judgedAt: 0 };
let mine = null;

// Show a token, and ask the API about it. Nothing that was said of another one is left beside it.
async function show(token, kind, changed) {
  const { header, claims } = view(token, changed);
  shown = { token, kind, claims, kid: header?.kid, whole: changed?.whole ?? token, valid: false, judgedAt: Date.now() };
  element("source").textContent = SOURCES[kind];
  tell("said", "");
  clearCall();
  offer();
  element("content").hidden = false;
  showVerdict({ text: token ? "Asking the API …" : "" });
  if (token) {
    await ask(shown);
  }
}

// Which buttons can do anything.
function offer() {
  const { token } = shown;
  element("copy").disabled = !token;
  const part = isTooLong(token) ? null : split(token)?.[element("part").value];
  element("tamper").disabled = element("part").disabled = !part;
  element("renew").disabled = mine?.kind !== "session";
  element("restore").disabled = !mine || token === mine.token;
}

async function ask(showing) {
  showing.judgedAt = Date.now();
  let verdict;
  try {
    verdict = await judge(showing.token, showing.kid);
  } catch (error) {
    verdict = { valid: false, text: error.message };
  }
  showing.valid = verdict.valid;
  // Meanwhile another token may have taken its place.
  if (shown === showing) {
    showVerdict(verdict);
  }
}

function greet(name, email) {
  showWho(name);
  say(name ? `You are signed in as ${name}${email ? ` (${email})` : ""}.` : "You are not signed in.");
}

function greetSession(session) {
  greet(session?.user.name ?? session?.user.sub, session?.user.email);
}

function keep(token, kind) {
  mine = { token, kind };
  // An answer is taken once; what it led to is at home there, where a reload finds it too.
  history.replaceState(null, "", "/tabs/user-page");
  return show(token, kind);
}

// Have the session's token renewed, where it has ended or `options` ask for it. Where that fails the old one stays:
// the API says what it is worth.
async function renew(options) {
  const showing = shown;
  tell("said", "Asking the issuer …");
  try {
    const session = await current(options);
    // Somebody else may have logged in meanwhile, in another tab.
    greetSession(session);
    const changed = session.token !== mine?.token;
    mine = { token: session.token, kind: "session" };
    if (changed && shown === showing && shown.kind === "session") {
      await show(session.token, "session");
    }
    offer();
    // Of the same claims in the same second, the issuer makes the same token.
    const same = options?.renew ? "The issuer gave the same token again." : "";
    tell("said", changed ? "A new token was got." : same);
  } catch (error) {
    if (error instanceof SignedOut) {
      mine = null;
      showWho();
      offer();
    }
    tell("said", explain(error), "wrong");
  }
}

async function callWith(path) {
  if (shown.kind === "session") {
    await renew();
  }
  await present(path, shown.token);
}

// The answer to the authorization link, which is ours only with a state of ours.
async function takeLink({ kind, token, state, error, description }) {
  const own = redeem(state);
  if (kind === "token") {
    await (own ? takeOwn(token) : takeStray(token));
    return;
  }
  await goOn();
  say(explainCode(error, own ? description || error : ""), "wrong");
}

async function takeOwn(token) {
  await keep(token, "link");
  greet(shown.valid ? shown.claims.sub : null);
  if (shown.valid && canLogIn) {
    // This token ends with this page. A session of its own outlives it, where the issuer gives the frame one.
    await current({ renew: true }).then(greetSession, () => {});
  }
}

// Whoever was signed in before still is, and has their own token to go back to.
async function takeStray(token) {
  try {
    const session = await restore();
    mine = session && { token: session.token, kind: "session" };
    greetSession(session);
  } catch (error) {
    say(explain(error), "wrong");
  }
  await show(token, "stray");
}

async function takeSession() {
  try {
    const session = await (arrival ? complete(arrival.url) : restore());
    if (session?.from === "docs") {
      // Which asks the issuer's session for a token of its own.
      window.location.replace("/docs");
      return;
    }
    greetSession(session);
    await (session ? keep(session.token, "session") : show("", "none"));
  } catch (error) {
    await (arrival ? goOn() : show("", "none"));
    say(explain(error), "wrong");
  }
}

// After an answer that was not taken: whoever was signed in before still is.
async function goOn() {
  const session = await restore().catch(() => null);
  greetSession(session);
  await (session ? keep(session.token, "session") : show("", "none"));
}

element("copy").addEventListener("click", async () => tell("said", await copy(shown.token)));
element("renew").addEventListener("click", async () => {
  element("renew").disabled = true;
  await renew({ renew: true });
  offer();
});
element("restore").addEventListener("click", () => {
  show(mine.token, mine.kind);
  // The button has done its work and is off now; the focus must be somewhere.
  element("tamper").focus();
});
element("part").addEventListener("change", offer);
element("tamper").addEventListener("click", async () => {
  const changed = tamper(shown.whole, element("part").value);
  const judged = show(changed.token, "tampered", changed);
  await Promise.all([judged, present("/api/private", changed.token)]);
});
element("paste").addEventListener("submit", (event) => {
  event.preventDefault();
  element("raw-title").scrollIntoView();
  show(bare(element("pasted").value), "pasted");
});
for (const button of document.querySelectorAll("[data-call]")) {
  button.addEventListener("click", () => callWith(button.dataset.call));
}
setInterval(() => {
  tickClaims();
  const [now, end] = [Date.now(), shown.claims?.exp * 1000];
  if (shown.valid && now >= end && (shown.judgedAt < end || now - shown.judgedAt >= AGAIN_MILLISECONDS)) {
    ask(shown);
  }
}, 1000);

say("Looking whether you are signed in …");
showWho();
await (arrival && arrival.kind !== "answer" ? takeLink(arrival) : takeSession());
