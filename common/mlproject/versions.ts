/** Compares dotted versions by their numbers: 3.9 is before 3.10. */
export function compareVersions(a: string, b: string): number {
  const left = numbersOf(a);
  const right = numbersOf(b);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

const numbersOf = (version: string): number[] => version.split(".").map((part) => Number.parseInt(part, 10) || 0);

/**
 * Whether a version meets a conda or pip requirement: `=3.6` and `3.6` mean 3.6.*, `==3.6` too when fewer numbers are
 * written, `>=3.10,<3.13` all of its parts, `|` either side. An empty one takes all.
 */
export function meets(version: string, spec: string): boolean {
  return spec.split("|").some((side) => side.split(",").every((part) => meetsOne(version, part.trim())));
}

function meetsOne(version: string, part: string): boolean {
  const match = /^(===?|=|~=|!=|<=|>=|<|>)?\s*v?(\d[\d.]*?)(?:\.?\*)?(?:[a-z].*|=.*)?$/.exec(part);
  if (!match) return true;
  const [, operator = "=", wanted = ""] = match;
  const isWithin = (`${version}.`).startsWith(`${wanted}.`);
  const order = compareVersions(version, wanted);
  switch (operator) {
    case "!=":
      return !isWithin;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0 || isWithin;
    case ">":
      return order > 0 && !isWithin;
    case ">=":
      return order >= 0;
    case "~=":
      return order >= 0 && (`${version}.`).startsWith(`${wanted.split(".").slice(0, -1).join(".")}.`);
    default:
      return isWithin;
  }
}

/** `3.11.7` is `3.11`. */
export const minorOf = (version: string): string => version.split(".").slice(0, 2).join(".");
