import { element, say } from "./page.js";
import { logOut, standsAtIssuer } from "./session.js";
import { canLogIn, settings } from "./settings.js";
import { recall, remember } from "./storage.js";
import { explain } from "./words.js";

// Set before leaving for the issuer. That somebody left does not say that they came back from there: the way may have
// been cut short. So the issuer is asked. Its "no" tells something only where the frame that asks gets its cookie, which
// is known where it saw the session before.
const LEFT = "logout.left";

async function leave(seen) {
  say(`Logging you out at ${settings.domain} …`);
  let why = "This browser stores nothing for this page, which would send you there for ever.";
  try {
    const address = await logOut(`${window.location.origin}/logout`);
    if (remember("sessionStorage", LEFT, seen ? "seen" : "unseen")) {
      window.location.replace(address);
      return;
    }
  } catch (error) {
    why = explain(error);
  }
  say(`You are logged out here, but not at the issuer. ${why}`, "wrong");
  element("log-in").hidden = false;
}

async function returned(seen) {
  say("Looking whether the issuer has ended its session …");
  const stands = await standsAtIssuer();
  if (stands) {
    await leave(true);
    return;
  }
  const ended = seen && stands === false;
  const where = ended ? ", here and at the issuer" : " here. Whether the issuer has ended its session too, it does not say";
  say(`You are logged out${where}.`);
  element("log-in").hidden = false;
}

if (canLogIn) {
  const left = recall("sessionStorage", LEFT);
  remember("sessionStorage", LEFT, null);
  if (left) {
    await returned(left === "seen");
  } else {
    say("Logging you out …");
    await leave(await standsAtIssuer());
  }
} else {
  say("Nobody is signed in.");
}
