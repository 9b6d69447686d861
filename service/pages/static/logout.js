import { element, say } from "./page.js";
import { logOut } from "./session.js";
import { canLogIn, settings } from "./settings.js";
import { explain } from "./words.js";

// Set before leaving for the issuer, which sends the browser back to this page.
const LEFT = "logout.left";

if (!canLogIn) {
  say("Nobody is signed in.");
} else if (sessionStorage.getItem(LEFT)) {
  sessionStorage.removeItem(LEFT);
  say("You are logged out, here and at the issuer.");
  element("log-in").hidden = false;
} else {
  say(`Logging you out at ${settings.domain} …`);
  sessionStorage.setItem(LEFT, "yes");
  try {
    await logOut(`${window.location.origin}/logout`);
  } catch (error) {
    sessionStorage.removeItem(LEFT);
    say(`You are logged out here, but not at the issuer. ${explain(error)}`, "wrong");
    element("log-in").hidden = false;
  }
}
