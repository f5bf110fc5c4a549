import { compareVersions, meets, minorOf } from "@/common/mlproject/versions";
import type { WantedEnvironment } from "./environment-spec";
import { EnvironmentError } from "./environment-types";
import type { Interpreter } from "./sandbox-types";

/** What most packages have wheels for comes first. */
const preferred = ["3.11", "3.12", "3.10", "3.13", "3.14"];

/** @throws EnvironmentError when none of the machine's Pythons is what the file asks for. */
export function chooseInterpreter(wanted: WantedEnvironment, interpreters: readonly Interpreter[]): Interpreter {
  const { python } = wanted;
  const fitting = interpreters.filter((i) => (python ? meets(i.version, python.spec) : compareVersions(i.version, "3.10") >= 0));
  const rank = (i: Interpreter) => (preferred.indexOf(minorOf(i.version)) + preferred.length + 1) % (preferred.length + 1);
  const best = [...fitting].sort((a, b) => rank(a) - rank(b) || compareVersions(b.version, a.version))[0];
  if (best) return best;
  const there = [...new Set(interpreters.map((i) => minorOf(i.version)))].join(", ");
  if (python) {
    throw new EnvironmentError(
      `${python.path} line ${python.line}: Python ${python.spec.replace(/^=+/, "")} cannot be had here. This machine has ${there || "none"}. Ask for one of these, or install it and start the server again.`,
      { path: python.path, line: python.line },
    );
  }
  throw new EnvironmentError(`There is no Python 3.10 or newer on this machine (it has ${there || "none"}). Install one and start the server again.`);
}
