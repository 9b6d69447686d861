// What went wrong at the issuer, in words, with what to do.
import { IssuerUnreachable, SignedOut } from "./session.js";
import { settings } from "./settings.js";

const ADVICE = new Map([
  ["access_denied", "The login was declined, or this person may not use the application. Log in again, or as somebody else."],
  ["unauthorized_client", "The application may not log in this way. In its settings in Auth0, look at the grant types."],
  ["unsupported_response_type", "The application may not use this link. In its settings in Auth0, under Advanced Settings, Grant Types, switch on Implicit; or use Log in."],
  ["invalid_request", "The issuer did not understand the request. Compare the application's settings in Auth0 with the README."],
  ["invalid_scope", "The issuer does not know a permission that was asked for. Define it in the API's settings in Auth0."],
  ["invalid_grant", "The answer was used already, or came too late. Log in again."],
  ["login_required", "The issuer wants somebody to log in. Log in."],
  ["consent_required", "The issuer wants consent. Log in, and give it."],
  ["temporarily_unavailable", "The issuer is busy. Try again in a while."],
  ["server_error", "Something broke at the issuer. Try again in a while."],
  ["missing_transaction", "This answer belongs to no login that this tab has started, so it is not taken. Log in again."],
  ["state_mismatch", "This answer belongs to another login than the one that this tab has started, so it is not taken. Log in again."],
]);

// The library's own words, which say no more than its code.
const EMPTY = /^Invalid state$/;

export function explain(error) {
  if (error instanceof IssuerUnreachable) {
    return `The issuer at ${settings.domain} does not answer as it should. Try again in a while.`;
  }
  if (error instanceof SignedOut) {
    return "The issuer's session has ended, or this browser withholds its cookie from the hidden frame. Log in again.";
  }
  if (error.error) {
    return explainCode(error.error, error.error_description);
  }
  // The library compares the ID token's times with this computer's clock.
  const clock = /\b(exp|iat|nbf|auth_time)\b/.test(error.message) ? " Is this computer's clock right?" : "";
  return `The login did not work: ${error.message}${clock}`;
}

// `said` is what the issuer says itself. Without it, since the answer may be anybody's, a code that is not known here
// is not shown either: a link could say anything in its place.
export function explainCode(code, said) {
  const shown = said || ADVICE.has(code) ? ` (${code})` : "";
  const quoted = said && said !== code && !EMPTY.test(said) ? ` The issuer says: “${said}”.` : "";
  const advice = ADVICE.get(code) ?? "Log in again; if it stays, compare the application's settings in Auth0 with the README.";
  return `The login did not work${shown}.${quoted} ${advice}`;
}
