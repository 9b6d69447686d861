// The silent answer: handed to the page that framed this one, and to no other (Auth0's response_mode=web_message).
const { origin, parameters } = document.body.dataset;
window.parent.postMessage({ type: "authorization_response", response: JSON.parse(parameters) }, origin);
