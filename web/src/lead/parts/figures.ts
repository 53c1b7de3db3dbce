/** Figures as a lead reads them. */

const COUNT = new Intl.NumberFormat("en");
const TIME = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

export function count(value: number): string {
  return COUNT.format(value);
}

/** Return "1 item", "2 items". */
export function counted(value: number, one: string, more = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : more}`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function time(iso: string): string {
  return TIME.format(new Date(iso));
}

const UNITS: readonly (readonly [number, string])[] = [
  [86_400, "day"],
  [3600, "hour"],
  [60, "minute"],
];

/** Return a duration by its two largest units: "2 hours 10 minutes". */
export function duration(seconds: number): string {
  if (seconds < 60) {
    return "less than a minute";
  }
  let rest = Math.round(seconds / 60) * 60;
  const parts: string[] = [];
  for (const [length, unit] of UNITS) {
    const number = Math.floor(rest / length);
    rest -= number * length;
    if (number > 0 && parts.length < 2) {
      parts.push(counted(number, unit));
    } else if (parts.length > 0) {
      break;
    }
  }
  return parts.join(" ");
}
