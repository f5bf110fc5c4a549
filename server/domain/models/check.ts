import { posix } from "node:path";
import { DomainError, invalid } from "@/server/errors";
import { checkKeyName, checkLength, pythonJson } from "../names";
import { type Stage, stages } from "./types";

/** @throws DomainError `invalid`. */
export function checkModelName(name: string): string {
  if (name.trim() === "") throw invalid("Missing value for required parameter 'name'.");
  if ([...name].length > 256) throw invalid("Registered model name exceeds the maximum length of 256 characters.");
  if (/[/:]/.test(name)) throw invalid(`Invalid model name '${name.slice(0, 256)}'. Names cannot contain '/' or ':'.`);
  if (posix.normalize(name) !== name || name === "." || name.startsWith("..")) {
    throw invalid(
      `Invalid value ${pythonJson(name)} for parameter 'name' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${posix.normalize(name)}'`,
    );
  }
  return name;
}

export function checkRegistryTag(key: string, value: string): void {
  checkKeyName(key, "key");
  checkLength(value, 100_000, "value");
}

export function checkAlias(alias: string): string {
  if (alias === "") throw invalid("Registered model alias name cannot be empty.");
  if (!/^[\p{L}\p{N}_-]*$/u.test(alias)) {
    throw invalid(`Invalid alias name: '${alias.slice(0, 300)}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`);
  }
  checkLength(alias, 255, "Registered model alias name");
  if (alias.toLowerCase() === "latest") throw invalid("'latest' alias name (case insensitive) is reserved.");
  if (/^v\d+$/i.test(alias)) throw invalid(`Version alias name '${alias}' is reserved.`);
  return alias;
}

/** Any case in, MLflow's case out. */
export function canonicalStage(stage: string): Stage {
  const found = stages.find((s) => s.toLowerCase() === stage.toLowerCase());
  if (!found) throw invalid(`Invalid Model Version stage: ${stage.slice(0, 60)}. Value must be one of ${stages.join(", ")}.`);
  return found;
}

export const noRegisteredModel = (name: string) => new DomainError("not_found", `Registered Model with name=${name.slice(0, 256)} not found`);
export const noModelVersion = (name: string, version: number | string) =>
  new DomainError("not_found", `Model Version (name=${name.slice(0, 256)}, version=${String(version).slice(0, 40)}) not found`);
export const modelNameTaken = (name: string) => new DomainError("already_exists", `Registered Model (name=${name.slice(0, 256)}) already exists.`);
