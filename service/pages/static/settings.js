// What the server knows of the issuer and of this API, as it stands in the page.
const { domain, clientId, audience, scope, library } = document.documentElement.dataset;

export const settings = { domain, clientId, audience, scope, library };
export const callback = `${window.location.origin}/login-results`;

// The library needs the browser's cryptography, which it gives to https and to this machine's own pages alone.
export const canLogIn = Boolean(clientId && library && window.isSecureContext);
