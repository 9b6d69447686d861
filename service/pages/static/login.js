import { element, say } from "./page.js";
import { logIn } from "./session.js";
import { canLogIn, settings } from "./settings.js";
import { explain } from "./words.js";

if (canLogIn) {
  say(`Taking you to ${settings.domain} …`);
  try {
    await logIn();
  } catch (error) {
    say(explain(error), "wrong");
    element("again").hidden = false;
  }
}
