import { accepted, type DifferenceKind } from "./accepted";
import { difference } from "./compare";
import { mechanicalKind } from "./kinds";
import type { Seen } from "./play";
import { type Scenario, textOf } from "./scenario";

export type Verdict = { /** In words, for whoever mends it. */ faults: string[]; kinds: Map<DifferenceKind, number> };

/** Compares the answers of both servers to one scenario. A difference that is meant counts by its kind; one that is meant and is not there is a fault too. */
export function judge({ name, steps }: Scenario, theirs: Seen[], ours: Seen[]): Verdict {
  const faults: string[] = [];
  const kinds = new Map<DifferenceKind, number>();
  for (const [i, step] of steps.entries()) {
    const [a, b] = [theirs[i], ours[i]];
    const what = a && b ? difference(a, b, step) : "not played";
    const kind = step.differs ?? (a && b ? mechanicalKind(a, b) : null);
    const at = `[${name} #${i}] ${textOf(step)}`;
    if (what && kind && b && b.status < 500) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    else if (what) faults.push(`${at}\n    ${what}`);
    else if (step.differs) faults.push(`${at}\n    no longer differs, though "${accepted[step.differs].title}" is written there`);
  }
  return { faults, kinds };
}
