// What the pages remember in the browser, where it lets them: some deny it. Never a token.
export function recall(storage, key) {
  try {
    return window[storage].getItem(key);
  } catch {
    return null;
  }
}

// Returns whether it is remembered. `null` forgets.
export function remember(storage, key, value) {
  try {
    if (value === null) {
      window[storage].removeItem(key);
    } else {
      window[storage].setItem(key, value);
    }
    return true;
  } catch {
    return false;
  }
}

// Whether the browser lets them at all.
export const stores = ["localStorage", "sessionStorage"].every(
  (storage) => remember(storage, "stores", "yes") && remember(storage, "stores", null),
);
