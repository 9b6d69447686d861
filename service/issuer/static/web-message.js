// The answer without a redirect: handed to the page that opened this one or framed it, and to no other (Auth0's
// response_mode=web_message).
const { origin, parameters } = document.body.dataset;
const page = window.opener ?? window.parent;
page.postMessage({ type: "authorization_response", response: JSON.parse(parameters) }, origin);
