import type { Places } from "./places";
import { launchCalls } from "./python-launches";
import { type PythonSource, type PythonToken, reads, readsName } from "./python-tokens";
import type { Problem } from "./types";

/**
 * An artifact taken from the wrong run. Only the plain case is named: step B is run and its run fetched, nothing of B is
 * read ever after, and before the next step a value for that step is built from the artifact URI of an earlier run A
 * whose artifact URI had been used before B already.
 */
export function lintWrongRun(source: PythonSource, places: Places): Problem[] {
  const calls = launchCalls(source);
  const { statements } = source;
  return calls.flatMap((call, i) => {
    const next = calls[i + 1];
    if (!call.variable || !next) return [];
    const own = call.variable;
    const fetched = statements.findIndex(({ tokens }, at) => at > call.statement && at < next.statement && isFetch(tokens, own));
    if (fetched < 0) return [];
    for (let at = fetched + 1; at < statements.length; at++) {
      const tokens = statements[at]?.tokens ?? [];
      if (readsName(tokens, own)) return [];
    }
    for (let at = fetched + 1; at < next.statement; at++) {
      const tokens = statements[at]?.tokens ?? [];
      const target = tokens[1]?.text === "=" ? tokens[0]?.text : undefined;
      if (!target || !readsName(statements[next.statement]?.tokens ?? [], target)) continue;
      for (const earlier of calls.slice(0, i)) {
        const from = earlier.variable;
        if (!from || from === own) continue;
        const taken = artifactUse(tokens, from);
        if (!taken) continue;
        const wasUsed = statements.slice(earlier.statement, call.statement).some((each) => artifactUse(each.tokens, from));
        if (!wasUsed) continue;
        const step = (each: typeof call) => each.entryPoint?.value ?? each.variable;
        return [
          places.problem(
            "warning",
            taken,
            `${target} is taken from the run of '${step(earlier)}', and nothing is taken from '${step(call)}', which has just run. Did you mean ${own}?`,
            { title: `Take it from ${own}`, edits: [places.edit(taken.start, taken.end, own)] },
          ),
        ];
      }
    }
    return [];
  });
}

/** `x = ….get_run(x.run_id)`. */
function isFetch(tokens: readonly PythonToken[], name: string): boolean {
  if (!reads(tokens, 0, [name, "="])) return false;
  return tokens.some((_, i) => reads(tokens, i, ["get_run", "(", name, ".", "run_id"]));
}

function artifactUse(tokens: readonly PythonToken[], name: string): PythonToken | undefined {
  return tokens.find((_, i) => tokens[i - 1]?.text !== "." && reads(tokens, i, [name, ".", "info", ".", "artifact_uri"]));
}
