// Swagger UI, whose "Authorize" logs in through the pages' own session. Where no login is set up, it asks for a token.
import { current, logIn, restore, SignedOut } from "./session.js";
import { canLogIn } from "./settings.js";
import { explain } from "./words.js";

const page = document.getElementById("swagger-ui");
const status = document.getElementById("status");

// A page that the browser had put aside would still have the token of a caller who has logged out since.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) {
    window.location.reload();
  }
});

// Its buttons, with a login in place of the form. For a caller who is logged in they stay as they are, to log out.
const login = {
  wrapComponents: {
    authorizeBtn: (button, { React }) => (properties) => React.createElement(button, replaced(properties)),
    authorizeOperationBtn: (button, { React }) => (properties) => React.createElement(button, replaced(properties)),
  },
};

const ui = SwaggerUIBundle({
  domNode: page,
  url: page.dataset.description,
  deepLinking: true,
  // Otherwise the page asks a validator elsewhere.
  validatorUrl: null,
  // A token that is entered here stays in memory, and is gone with the page.
  persistAuthorization: false,
  plugins: canLogIn ? [login] : [],
  onComplete: () => void attempt(async () => authorize(await restore())),
});

function replaced(properties) {
  return properties.isAuthorized ? properties : { ...properties, onClick: () => void attempt(enter) };
}

function authorize(session) {
  if (session) {
    ui.preauthorizeApiKey("bearer", session.token);
  }
}

async function enter() {
  try {
    authorize(await current());
  } catch (error) {
    if (!(error instanceof SignedOut)) {
      throw error;
    }
    await logIn("docs");
  }
}

async function attempt(action) {
  status.textContent = "";
  try {
    await action();
  } catch (error) {
    status.textContent = explain(error);
  }
}
