import { authorizationLink } from "./links.js";
import { copy, element, say, showWho } from "./page.js";
import { restore } from "./session.js";
import { callback, settings } from "./settings.js";
import { explain } from "./words.js";

element("callback").textContent = callback;
if (settings.clientId) {
  const link = authorizationLink();
  element("link").value = link;
  element("open").href = link;
  element("copy").addEventListener("click", () => copy(link));
} else {
  element("link").value = "Set AUTH0_CLIENT_ID, and it stands here.";
  element("copy").disabled = true;
  element("open").hidden = true;
}

try {
  const user = await restore();
  showWho(user?.name ?? user?.sub);
  say(user ? `You are signed in as ${user.name ?? user.sub}.` : "You are not signed in.");
  element("log-in").hidden ||= Boolean(user);
} catch (error) {
  showWho();
  say(explain(error), "wrong");
}
