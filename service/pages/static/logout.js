import { element, say } from "./page.js";
import { logOut, standsAtIssuer } from "./session.js";
import { canLogIn, settings } from "./settings.js";
import { recall, remember } from "./storage.js";
import { explain } from "./words.js";

// Set before leaving for the issuer. That somebody left does not say that they came back from there: the way may have
// been cut short. So the issuer is asked.
const LEFT = "logout.left";

async function leave() {
  say(`Logging you out at ${settings.domain} …`);
  remember("sessionStorage", LEFT, "yes");
  try {
    await logOut(`${window.location.origin}/logout`);
  } catch (error) {
    remember("sessionStorage", LEFT, null);
    say(`You are logged out here, but not at the issuer. ${explain(error)}`, "wrong");
    element("log-in").hidden = false;
  }
}

async function returned() {
  say("Looking whether the issuer has ended its session …");
  const stands = await standsAtIssuer();
  if (stands) {
    await leave();
    return;
  }
  const where = stands === false ? ", here and at the issuer" : " here. Whether the issuer has ended its session too, it does not say";
  say(`You are logged out${where}.`);
  element("log-in").hidden = false;
}

if (canLogIn) {
  const left = recall("sessionStorage", LEFT);
  remember("sessionStorage", LEFT, null);
  await (left ? returned() : leave());
} else {
  say("Nobody is signed in.");
}
