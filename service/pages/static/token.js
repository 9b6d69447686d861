// The token page: whose token it is, what it says, what the API makes of it.
import { call } from "./api.js";
import { arrival } from "./arrival.js";
import { split, tamper } from "./jwt.js";
import { redeem } from "./links.js";
import { copy, element, say, showWho } from "./page.js";
import { accessToken, complete, restore } from "./session.js";
import { judge, showVerdict } from "./verdict.js";
import { tickClaims, view } from "./view.js";
import { explain, explainCode } from "./words.js";

const SOURCES = {
  none: "",
  session: "Your access token, got by logging in.",
  link: "Your access token, got by the authorization link.",
  stray: "This token came with a link that this browser did not ask for. It is shown and judged, and nobody is logged in with it: anybody can send such a link.",
  pasted: "A token that was pasted. It is shown and judged, and nobody is logged in with it.",
  tampered: "Tampered with: one character was changed.",
};

// How often the API is asked about a token past its end, which it may accept a little longer (AUTH0_LEEWAY).
const AGAIN_MILLISECONDS = 5000;

// What is shown, and the token of whoever is signed in.
let shown = { token: "", kind: "none", claims: null, valid: false, judgedAt: 0 };
let mine = null;

async function show(token, kind, changed) {
  const { header, claims } = view(token, changed);
  const showing = { token, kind, claims, kid: header?.kid, valid: false, judgedAt: Date.now() };
  shown = showing;
  element("source").textContent = SOURCES[kind];
  element("copy").disabled = !token;
  element("tamper").disabled = element("part").disabled = !split(token)?.[element("part").value];
  element("renew").disabled = mine?.kind !== "session";
  element("restore").disabled = !mine || token === mine.token;
  await (token ? ask(showing) : showVerdict({ valid: false, checks: [], text: "" }));
}

async function ask(showing) {
  showing.judgedAt = Date.now();
  let verdict;
  try {
    verdict = await judge(showing.token, showing.kid);
  } catch (error) {
    verdict = { valid: false, checks: [], text: error.message };
  }
  showing.valid = verdict.valid;
  // Meanwhile another token may have taken its place.
  if (shown === showing) {
    showVerdict(verdict);
  }
}

function keep(token, kind) {
  mine = { token, kind };
  // An answer is taken once; what it led to is at home there, where a reload finds it too.
  history.replaceState(null, "", "/tabs/user-page");
  return show(token, kind);
}

// The session's token may have to be renewed before it is used; where that fails, the API says what the old one is
// worth.
async function renew(options) {
  try {
    const token = await accessToken(options);
    if (token !== mine.token) {
      await keep(token, "session");
      say("A new token was got.");
    }
  } catch (error) {
    say(explain(error), "wrong");
  }
}

async function callWith(path) {
  if (shown.kind === "session") {
    await renew();
  }
  await present(path);
}

async function present(path) {
  try {
    const { status, sent, answered, body } = await call(path, shown.token);
    element("request").textContent = sent;
    element("answer").textContent = answered;
    element("called").textContent = `${path} answers ${status}: ${body?.message ?? body?.detail ?? ""}`;
    element("called").className = `verdict ${status < 400 ? "right" : "wrong"}`;
  } catch (error) {
    element("called").textContent = error.message;
    element("called").className = "verdict wrong";
  }
}

function greet(name, email) {
  showWho(name);
  say(name ? `You are signed in as ${name}${email ? ` (${email})` : ""}.` : "You are not signed in.");
}

// The answer to the authorization link, which is ours only with a state of ours.
async function takeLink({ token, state, error, description }) {
  const own = redeem(state);
  if (error) {
    await show("", "none");
    showWho();
    say(explainCode(error, own ? description : ""), "wrong");
    return;
  }
  await (own ? keep(token, "link") : show(token, "stray"));
  greet(own && shown.valid ? shown.claims.sub : null);
}

async function takeSession() {
  try {
    const user = await (arrival ? complete(arrival.url) : restore());
    await (user ? keep(await accessToken(), "session") : show("", "none"));
    greet(user?.name ?? user?.sub, user?.email);
  } catch (error) {
    showWho();
    await show("", "none");
    say(explain(error), "wrong");
  }
}

element("copy").addEventListener("click", () => copy(shown.token));
element("renew").addEventListener("click", () => renew({ renew: true }));
element("restore").addEventListener("click", () => show(mine.token, mine.kind));
element("part").addEventListener("change", () => {
  element("tamper").disabled = !split(shown.token)?.[element("part").value];
});
element("tamper").addEventListener("click", async () => {
  const changed = tamper(shown.token, element("part").value);
  await show(changed.token, "tampered", changed);
  await present("/api/private");
});
element("paste").addEventListener("submit", (event) => {
  event.preventDefault();
  element("raw").scrollIntoView({ block: "center" });
  return show(element("pasted").value.trim().replace(/^bearer\s+/i, ""), "pasted");
});
for (const button of document.querySelectorAll("[data-call]")) {
  button.addEventListener("click", () => callWith(button.dataset.call));
}

say("Looking whether you are signed in …");
await (arrival && arrival.kind !== "answer" ? takeLink(arrival) : takeSession());
element("content").hidden = false;
setInterval(() => {
  tickClaims();
  const [now, end] = [Date.now(), shown.claims?.exp * 1000];
  if (shown.valid && now >= end && (shown.judgedAt < end || now - shown.judgedAt >= AGAIN_MILLISECONDS)) {
    ask(shown);
  }
}, 1000);
