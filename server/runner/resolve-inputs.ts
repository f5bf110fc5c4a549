import { lstat } from "node:fs/promises";
import { join, posix } from "node:path";
import { CommandError, type EntryPoint, renderCommand } from "@/common/mlproject";
import type { Ctx } from "@/server/ctx";
import { copyArtifact } from "./copy-artifact";
import { StepFailure } from "./step-failure";

/** Where a step sees its folders, and where they are. */
export type Places = { project: Place; scratch: Place; inputs: Place };
type Place = { inside: string; outside: string };

export type ResolvedCommand = { command: string; hasInputs: boolean };

/**
 * MLflow's rules for `path` parameters: a local path must exist and becomes absolute; artifacts that a URI names are copied first, and
 * the command gets the copy's path. What the command shows is what runs.
 *
 * @throws StepFailure that names the parameter and the mend.
 */
export async function resolveInputs(ctx: Ctx, entryPoint: EntryPoint, values: Record<string, string>, places: Places): Promise<ResolvedCommand> {
  const resolved = { ...values };
  let hasInputs = false;
  for (const [index, parameter] of entryPoint.parameters.entries()) {
    const value = values[parameter.name];
    if (parameter.kind !== "path" || value === undefined) continue;
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(value)?.[1]?.toLowerCase();
    if (scheme === undefined || scheme === "file") {
      resolved[parameter.name] = await localPath(parameter.name, value.replace(/^file:(\/\/)?/, ""), places);
      continue;
    }
    const slot = `param_${index}`;
    const name = await copyArtifact(ctx, { parameter: parameter.name, uri: value, into: join(places.inputs.outside, slot) });
    resolved[parameter.name] = posix.join(places.inputs.inside, slot, name);
    hasInputs = true;
  }
  try {
    return { command: renderCommand(entryPoint, resolved), hasInputs };
  } catch (error) {
    if (error instanceof CommandError) throw new StepFailure(`the command of '${entryPoint.name}' cannot be made: ${error.message}`);
    throw error;
  }
}

async function localPath(name: string, value: string, { project, scratch }: Places): Promise<string> {
  const path = posix.resolve(project.inside, value);
  const place = [project, scratch].find((p) => path === p.inside || path.startsWith(`${p.inside}/`));
  if (!place) {
    throw new StepFailure(`parameter '${name}': ${value} is outside the project. Write the file below the project's folder or $FLOWBOOK_SCRATCH, or hand on an artifact's URI.`);
  }
  if (!(await isThere(place.outside, posix.relative(place.inside, path)))) {
    throw new StepFailure(`parameter '${name}': there is no file or folder '${value}' here. A 'path' must exist before the step starts; for one that the step writes, declare it as 'string'.`);
  }
  return path;
}

/** By names only: a link counts as there and is not followed, as project code may have made it. */
async function isThere(root: string, relative: string): Promise<boolean> {
  let at = root;
  for (const part of relative.split("/").filter(Boolean)) {
    at = join(at, part);
    const info = await lstat(at).catch(() => null);
    if (!info) return false;
    if (info.isSymbolicLink()) return true;
  }
  return true;
}
