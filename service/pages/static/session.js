// Logging in and out, by Auth0's own library: Authorization Code with PKCE. Tokens are kept in memory alone; after a
// reload, a frame that nobody sees asks the issuer whether its session still stands.
import { callback, canLogIn, settings } from "./settings.js";

const SILENT_SECONDS = 10;
const PROBE_MILLISECONDS = 5000;

// OpenID Connect Core section 3.1.2.6: the issuer would have to ask somebody, and must not.
const ASKS = new Set(["login_required", "consent_required", "interaction_required", "account_selection_required"]);

export class IssuerUnreachable extends Error {}

// The issuer's session has ended, or the browser keeps its cookie from the frame.
export class SignedOut extends Error {}

let opening;

function open() {
  opening ??= import(`./${settings.library}`).then(
    ({ Auth0Client }) =>
      new Auth0Client({
        domain: settings.domain,
        clientId: settings.clientId,
        cacheLocation: "memory",
        // Refresh tokens would need a worker, and with it a looser policy for this page.
        useRefreshTokens: false,
        legacySameSiteCookie: false,
        authorizeTimeoutInSeconds: SILENT_SECONDS,
        authorizationParams: { audience: settings.audience, scope: settings.scope, redirect_uri: callback },
      }),
  );
  return opening;
}

// Who was signed in before this page was loaded, if they still are; else null. Throws IssuerUnreachable.
export async function restore() {
  // The library's own sign that somebody was: without it the issuer is not asked on every page.
  if (!canLogIn || !document.cookie.includes(`auth0.${settings.clientId}.is.authenticated=`)) {
    return null;
  }
  const client = await open();
  try {
    await silently(client);
  } catch (error) {
    if (error instanceof SignedOut) {
      return null;
    }
    throw error;
  }
  return client.getUser();
}

// Take the issuer's answer, as it stood in the address, and return who logged in. Throws what the library throws.
export async function complete(url) {
  if (!canLogIn) {
    return null;
  }
  const client = await open();
  await client.handleRedirectCallback(url);
  return client.getUser();
}

// Go to the issuer. Throws IssuerUnreachable instead of leaving for a page that the browser would fail to load.
export async function logIn() {
  const client = await open();
  await probe();
  // Replaced, so that "back" from the issuer does not start over.
  await client.loginWithRedirect({ openUrl: (url) => window.location.replace(url) });
}

// Forget the tokens, and go to the issuer to end its session too. Throws IssuerUnreachable: then only this one ended.
export async function logOut(returnTo) {
  const client = await open();
  let address;
  await client.logout({ logoutParams: { returnTo }, openUrl: (url) => { address = url; } });
  await probe();
  window.location.replace(address);
}

// The session's access token: the one at hand, or a new one where that has ended or `renew` asks for it.
// Throws IssuerUnreachable or SignedOut.
export async function accessToken({ renew = false } = {}) {
  const client = await open();
  const kept = renew ? undefined : await client.getTokenSilently({ cacheMode: "cache-only" });
  return kept ?? silently(client, { cacheMode: "off" });
}

async function silently(client, options) {
  // A frame that cannot load says nothing, until the library's patience ends.
  const unreachable = probe().then(() => new Promise(() => {}));
  try {
    return await Promise.race([client.getTokenSilently(options), unreachable]);
  } catch (error) {
    if (ASKS.has(error.error)) {
      throw new SignedOut();
    }
    throw error.error === "timeout" || error instanceof TypeError ? new IssuerUnreachable() : error;
  }
}

async function probe() {
  const signal = AbortSignal.timeout(PROBE_MILLISECONDS);
  try {
    // Whether anything answers is all that matters, and all that "no-cors" tells.
    await fetch(`${settings.domain}/.well-known/openid-configuration`, { mode: "no-cors", cache: "no-store", signal });
  } catch {
    throw new IssuerUnreachable();
  }
}
