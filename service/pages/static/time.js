// Times of tokens, which are in seconds since the epoch (NumericDate, RFC 7519 section 2), for people.
const LOCAL = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const LARGEST_DATE = 8.64e12;

export function moment(seconds) {
  return Math.abs(seconds) <= LARGEST_DATE ? LOCAL.format(new Date(seconds * 1000)) : "beyond all calendars";
}

// "in 2 h 05 min 03 s", "3 s ago".
export function distance(seconds) {
  const left = Math.round(seconds - Date.now() / 1000);
  const text = duration(Math.abs(left));
  return left > 0 ? `in ${text}` : `${text} ago`;
}

function duration(seconds) {
  const parts = [
    [Math.floor(seconds / 86400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  const shown = parts.slice(first === -1 ? 3 : first);
  return shown.map(([count, unit], index) => `${index ? String(count).padStart(2, "0") : count} ${unit}`).join(" ");
}
