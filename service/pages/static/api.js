// A call of the API, as it was sent and as it was answered.
const PATIENCE_MILLISECONDS = 15000;

export class NoAnswer extends Error {}

// Without a token, the request brings none. Throws NoAnswer.
export async function call(path, token) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (/[^\x20-\x7e]/.test(token)) {
    throw new NoAnswer("It has a character that no header can carry, so it cannot even be sent.");
  }
  const signal = AbortSignal.timeout(PATIENCE_MILLISECONDS);
  let response;
  let text;
  try {
    response = await fetch(path, { headers, cache: "no-store", credentials: "omit", signal });
    text = await response.text();
  } catch {
    throw new NoAnswer("This API does not answer. Is it running?");
  }
  const body = json(text);
  return {
    status: response.status,
    body,
    sent: lines(`GET ${path}`, { Host: window.location.host, ...headers }),
    answered: `${lines(`${response.status} ${response.statusText}`, Object.fromEntries(response.headers))}

${body ? JSON.stringify(body, null, 2) : text}`,
  };
}

function lines(first, headers) {
  return [first, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join("\n");
}

function json(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
