/** Where a link in a log may stand, and what it opens. */
export type FoundLink = { start: number; end: number; text: string; href: string; isOurs: boolean };

// Ends before what usually closes a sentence or a bracket around a link.
const pattern = /https?:\/\/[^\s"'<>`\u0000-\u001f\u007f]+/g;

/**
 * The http(s) links of one line. The links that MLflow clients print (`…/#/experiments/3/runs/<id>`) open our own pages,
 * wherever the client believed the server to be.
 */
export function linksIn(line: string, ours: { runHref: (runId: string) => string; experimentHref: (experimentId: string) => string }): FoundLink[] {
  const found: FoundLink[] = [];
  for (const match of line.matchAll(pattern)) {
    const text = trimEnd(match[0]);
    if (!URL.canParse(text)) continue;
    found.push({ start: match.index, end: match.index + text.length, text, ...target(text, ours) });
  }
  return found;
}

function target(text: string, ours: Parameters<typeof linksIn>[1]): { href: string; isOurs: boolean } {
  const { hash } = new URL(text);
  const run = /^#\/experiments\/\d+\/runs\/([0-9a-f]{32})\b/.exec(hash) ?? /^#\/runs\/([0-9a-f]{32})\b/.exec(hash);
  if (run?.[1]) return { href: ours.runHref(run[1]), isOurs: true };
  const experiment = /^#\/experiments\/(\d+)\b/.exec(hash);
  if (experiment?.[1]) return { href: ours.experimentHref(experiment[1]), isOurs: true };
  return { href: text, isOurs: false };
}

function trimEnd(link: string): string {
  let end = link.replace(/[.,;:!?]+$/, "");
  for (const [open, close] of [["(", ")"], ["[", "]"], ["{", "}"]] as const) {
    while (end.endsWith(close) && count(end, close) > count(end, open)) end = end.slice(0, -1).replace(/[.,;:!?]+$/, "");
  }
  return end;
}

const count = (text: string, char: string) => text.split(char).length - 1;
