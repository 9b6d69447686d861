// The API's verdict on a token, check by check. This page asks `GET /api/token`, and decides nothing itself.
import { call } from "./api.js";
import { element, tell } from "./page.js";

const MARKS = { passed: "✓", failed: "✗", not_checked: "–" };
const WORDS = { passed: "passed", failed: "failed", not_checked: "not checked" };

// Ask the API. Returns what is to be shown; `kid` names the key that was found.
export async function judge(token, kid) {
  const { status, body } = await call("/api/token", token);
  if (status !== 200) {
    const why = body?.detail ?? "It is not a request that the server can read.";
    return { valid: false, checks: [], text: `The API answers ${status} (${body?.code ?? "no code"}): ${why}` };
  }
  const checks = body.checks.map((check) => {
    const found = check.name === "signature" && check.outcome === "passed" ? ` Key ${kid} found.` : "";
    return { ...check, detail: check.detail + found };
  });
  const failed = checks.find((check) => check.outcome === "failed");
  const text = failed ? `The API refuses this token: ${failed.detail}` : "The API accepts this token.";
  return { valid: body.valid, checks, text };
}

// Show a verdict, or its absence: a check that it does not name was not made.
export function showVerdict({ valid = null, checks = [], text = "" }) {
  for (const row of element("checks").children) {
    const check = checks.find(({ name }) => name === row.dataset.check);
    const outcome = check?.outcome ?? "not_checked";
    row.className = outcome;
    row.querySelector(".mark").textContent = MARKS[outcome];
    row.querySelector(".outcome").textContent = WORDS[outcome];
    row.querySelector(".detail").textContent = check?.detail ?? "";
  }
  tell("verdict", text, valid === null ? "" : valid ? "right" : "wrong");
}
