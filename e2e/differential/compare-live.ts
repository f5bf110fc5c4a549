/*
 * Plays every scenario to two servers that run: `npm run compare:mlflow -- <MLflow's URL> <Flowbook's URL> [part of a scenario's name]`.
 * Without URLs the real server is started and Flowbook is looked for at http://127.0.0.1:5000.
 */
import { accepted, type DifferenceKind } from "./accepted";
import { judge } from "./judge";
import { play } from "./play";
import { scenarios } from "./scenarios";
import { startMlflow } from "./start-mlflow";

const [theirUrl, ourUrl = "http://127.0.0.1:5000", only = ""] = process.argv.slice(2);
const started = theirUrl ? null : await startMlflow();
const kinds = new Map<DifferenceKind, number>();
let count = 0;
let faultCount = 0;
try {
  for (const scenario of scenarios.filter((s) => s.name.includes(only))) {
    const verdict = judge(scenario, await play(scenario, { url: theirUrl ?? started?.url ?? "" }), await play(scenario, { url: ourUrl }));
    for (const [kind, n] of verdict.kinds) kinds.set(kind, (kinds.get(kind) ?? 0) + n);
    for (const fault of verdict.faults) console.log(fault);
    count += scenario.steps.length;
    faultCount += verdict.faults.length;
  }
} finally {
  started?.stop();
}
for (const [kind, n] of [...kinds].sort((a, b) => b[1] - a[1])) console.log(`${String(n).padStart(5)}  ${accepted[kind].title}`);
console.log(`${count} requests, ${faultCount} faults`);
process.exitCode = faultCount ? 1 : 0;
