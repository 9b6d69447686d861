// Logging in and out, by Auth0's own library: Authorization Code with PKCE. Tokens are kept in memory alone; after a
// reload, a frame that nobody sees asks the issuer whether its session still stands.
import { callback, canLogIn, settings } from "./settings.js";

const SILENT_SECONDS = 10;
const PROBE_MILLISECONDS = 5000;

// OpenID Connect Core section 3.1.2.6: the issuer would have to ask somebody, and must not.
const ASKS = new Set(["login_required", "consent_required", "interaction_required", "account_selection_required"]);

export class IssuerUnreachable extends Error {}

// The issuer's session has ended, or the browser withholds its cookie from the frame.
export class SignedOut extends Error {}

// The library's cache. It gives no token that ends within a minute; `latest` has what was got last, whatever is left.
class Memory {
  entries = new Map();
  latest = null;

  get(key) {
    return this.entries.get(key);
  }

  set(key, entry) {
    this.entries.set(key, entry);
    this.latest = entry.body?.access_token ?? this.latest;
  }

  remove(key) {
    this.entries.delete(key);
  }

  allKeys() {
    return [...this.entries.keys()];
  }
}

const memory = new Memory();
let opening;

function open() {
  opening ??= import(`./${settings.library}`).then(
    ({ Auth0Client }) =>
      new Auth0Client({
        domain: settings.domain,
        clientId: settings.clientId,
        cache: memory,
        // Refresh tokens would need a worker, and with it a looser policy for this page.
        useRefreshTokens: false,
        legacySameSiteCookie: false,
        authorizeTimeoutInSeconds: SILENT_SECONDS,
        authorizationParams: { audience: settings.audience, scope: settings.scope, redirect_uri: callback },
      }),
  );
  return opening;
}

// A session is { user, token }: what the ID token says of somebody, and their access token.

// The session that there was before this page was loaded, if it still stands; else null. Throws IssuerUnreachable.
export async function restore() {
  // The library's own sign that somebody was: without it the issuer is not asked on every page.
  if (!canLogIn || !document.cookie.includes(`auth0.${settings.clientId}.is.authenticated=`)) {
    return null;
  }
  try {
    return await silently(await open());
  } catch (error) {
    if (error instanceof SignedOut) {
      return null;
    }
    throw error;
  }
}

// Take the issuer's answer, as it stood in the address. The session then has `from` too: what `logIn` was given. Throws
// IssuerUnreachable, and what the library throws.
export async function complete(url) {
  if (!canLogIn) {
    return null;
  }
  const client = await open();
  let answer;
  try {
    answer = await client.handleRedirectCallback(url);
  } catch (error) {
    throw failedFetch(error) ? new IssuerUnreachable() : error;
  }
  return { user: await client.getUser(), token: memory.latest, from: answer.appState?.from };
}

// The session as it is now: with the token at hand, or a new one where that has ended or `renew` asks for it.
// Throws IssuerUnreachable or SignedOut.
export async function current({ renew = false } = {}) {
  const client = await open();
  const kept = renew ? undefined : await client.getTokenSilently({ cacheMode: "cache-only" });
  return kept ? { user: await client.getUser(), token: kept } : silently(client, { cacheMode: "off" });
}

// Go to the issuer. `from` names the page to come back to, where it is not the token page. Throws IssuerUnreachable
// instead of leaving for a page that the browser would fail to load.
export async function logIn(from) {
  const client = await open();
  await probe();
  // Replaced, so that "back" from the issuer does not start over.
  await client.loginWithRedirect({ appState: { from }, openUrl: (url) => window.location.replace(url) });
}

// Forget the session. Returns the address at which the issuer ends its own too, and sends back to `returnTo`. Throws
// IssuerUnreachable: then only this one has ended.
export async function logOut(returnTo) {
  const client = await open();
  let address;
  await client.logout({ logoutParams: { returnTo }, openUrl: (url) => { address = url; } });
  await probe();
  return address;
}

// Whether the issuer lets somebody in without asking, as far as a frame can tell: true, or false, or null where it does
// not answer. Where a browser withholds its cookie from the frame, that is always false. Ends the session here.
export async function standsAtIssuer() {
  try {
    const client = await open();
    await silently(client, { cacheMode: "off" });
    await client.logout({ openUrl: false });
    return true;
  } catch (error) {
    return error instanceof SignedOut ? false : null;
  }
}

async function silently(client, options) {
  // A frame that cannot load says nothing, until the library's patience ends.
  const unreachable = probe().then(() => new Promise(() => {}));
  try {
    const token = await Promise.race([client.getTokenSilently(options), unreachable]);
    return { user: await client.getUser(), token };
  } catch (error) {
    if (ASKS.has(error.error)) {
      throw new SignedOut();
    }
    throw error.error === "timeout" || failedFetch(error) ? new IssuerUnreachable() : error;
  }
}

// Whether the issuer was asked for a token and gave no answer of its own, but nothing, or somebody's error page.
function failedFetch(error) {
  return (error instanceof TypeError && /fetch|network|load/i.test(error.message)) || error instanceof SyntaxError;
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
