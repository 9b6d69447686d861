// What the issuer's answer put into the address. It leaves the address bar and this tab's history before anything else
// is done: this module waits for no other, nor for the page. The list of pages that a browser keeps for itself has the
// address that it was sent to, which no page can change.
export const arrival = read(new URL(window.location.href));

if (arrival) {
  history.replaceState(null, "", window.location.pathname);
}

// A link that is opened where this page stands already changes the fragment alone, and loads nothing.
window.addEventListener("hashchange", () => {
  if (read(new URL(window.location.href))) {
    window.location.reload();
  }
});

function read(url) {
  const query = url.searchParams;
  const fragment = new URLSearchParams(url.hash.slice(1));
  if (query.has("code") || query.has("error")) {
    return { kind: "answer", url: url.href };
  }
  if (fragment.has("access_token")) {
    return { kind: "token", token: fragment.get("access_token"), state: fragment.get("state") };
  }
  if (fragment.has("error")) {
    const [error, description] = [fragment.get("error"), fragment.get("error_description")];
    return { kind: "refusal", error, description, state: fragment.get("state") };
  }
  return null;
}
