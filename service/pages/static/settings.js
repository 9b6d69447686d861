// What the server knows of the issuer and of this API, as it stands in the page.
import { stores } from "./storage.js";

const { domain, clientId, audience, scope, library } = document.documentElement.dataset;

export const settings = { domain, clientId, audience, scope, library };
export const callback = `${window.location.origin}/login-results`;

// The library needs the browser's cryptography, which it gives to https and to this machine's own pages alone; and while
// somebody is at the issuer, it must remember what was asked.
export const canLogIn = Boolean(clientId && library && window.isSecureContext && stores);
