// What each claim means, in half a line (RFC 7519 section 4.1, RFC 9068 section 2.2, Auth0's own).
import { make } from "./page.js";
import { distance, moment } from "./time.js";

const MEANINGS = new Map([
  ["iss", "who issued the token"],
  ["sub", "whom it is about"],
  ["aud", "which APIs it is for"],
  ["exp", "when it ends"],
  ["nbf", "from when on it is valid"],
  ["iat", "when it was issued"],
  ["jti", "its identifier"],
  ["azp", "which application it was issued to"],
  ["client_id", "which application it was issued to"],
  ["scope", "what was asked for and granted"],
  ["permissions", "everything that the subject was given"],
  ["gty", "the grant that it was got by"],
  ["org_id", "the organization that was logged in to"],
  ["cnf", "the key that it is bound to"],
  ["nonce", "ties an ID token to one login"],
  ["auth_time", "when the person logged in"],
  ["email", "an address of the person"],
  ["name", "the name of the person"],
]);

const TIMES = ["exp", "nbf", "iat", "auth_time"];

// Rows of a table; those of times have a clock that `tick` sets.
export function rows(claims) {
  // Appended one by one: there may be more of them than a call takes arguments.
  const all = document.createDocumentFragment();
  for (const [name, value] of Object.entries(claims)) {
    // The roles, since a narrow page takes the table's layout away, and with it what the elements mean.
    const row = make("tr", "", { role: "row" });
    const said = make("td", "", { role: "cell" });
    if (TIMES.includes(name) && Number.isFinite(value)) {
      said.append(clock(value), ` · ${moment(value)} `, make("span", `(${value})`, { class: "quiet" }));
    } else {
      said.textContent = typeof value === "string" ? value : json(value);
    }
    const meaning = make("td", MEANINGS.get(name) ?? "", { role: "cell" });
    row.append(make("th", name, { scope: "row", role: "rowheader" }), said, meaning);
    all.append(row);
  }
  return all;
}

export function tick(table) {
  for (const one of table.querySelectorAll("[data-moment]")) {
    one.textContent = distance(Number(one.dataset.moment));
  }
}

function json(value) {
  try {
    return JSON.stringify(value);
  } catch {
    return "nested too deeply to be shown";
  }
}

function clock(value) {
  return make("strong", distance(value), { "data-moment": value });
}
