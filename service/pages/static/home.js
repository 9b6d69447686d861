import { authorizationLink } from "./links.js";
import { copy, element, say, showWho, tell } from "./page.js";
import { restore } from "./session.js";
import { callback, canLogIn, settings } from "./settings.js";
import { explain } from "./words.js";

// The link's state is good for ten minutes, so it is made anew whenever somebody is about to use it.
function renewLink() {
  const link = authorizationLink();
  element("link").value = link;
  element("open").href = link;
  return link;
}

element("callback").textContent = callback;
if (settings.clientId) {
  renewLink();
  element("link").addEventListener("focus", renewLink);
  for (const happening of ["focus", "pointerdown", "click"]) {
    element("open").addEventListener(happening, renewLink);
  }
  element("copy").addEventListener("click", async () => tell("copied", await copy(renewLink())));
} else {
  element("link").value = "Set AUTH0_CLIENT_ID, and it stands here.";
  element("copy").disabled = true;
  element("open").hidden = true;
}

say("Looking whether you are signed in …");
try {
  const session = await restore();
  const name = session && (session.user.name ?? session.user.sub);
  showWho(name);
  say(name ? `You are signed in as ${name}.` : "You are not signed in.");
  element("log-in").hidden = !canLogIn || Boolean(name);
} catch (error) {
  showWho();
  element("log-in").hidden = !canLogIn;
  say(explain(error), "wrong");
}
