import { DomainError, invalid } from "@/server/errors";
import { checkKeyName, checkLength } from "../names";
import type { ExperimentRow } from "./rows";

export function checkName(name: string): string {
  if (name.trim() === "") throw invalid("Invalid experiment name: it is empty.");
  if ([...name].length > 500) throw invalid("'name' exceeds the maximum length of 500 characters");
  return name;
}

export function checkTag(key: string, value: string): void {
  checkKeyName(key, "key");
  checkLength(value, 20_000, "value");
}

/**
 * The place for an experiment's artifacts: where this server keeps them (`mlflow-artifacts:`), or one that clients reach by
 * themselves. The server never opens it, except its own store below a checked path.
 */
export function checkArtifactLocation(location: string): string {
  const bad = (why: string) => invalid(`Invalid artifact location: ${why}`);
  if (/#|^(ftp|sftp|hdfs):.*;/i.test(location)) throw invalid("'artifact_location' URL can't include fragments or params.");
  if (/\?.*\.\./.test(location)) throw invalid("Invalid query string");
  if (location.startsWith("runs:")) throw invalid(`Artifact location cannot be a runs:/ URI. Given: '${location.slice(0, 500)}'`);
  if (location.length > 2048) throw invalid("Invalid artifact path length. The length of the artifact path cannot be greater than 2048 characters.");
  let decoded = location;
  for (let i = 0; i < 5 && /%[0-9a-f]{2}/i.test(decoded); i++) decoded = decodeOnce(decoded);
  if (/(^|[/\\?&=])\.\.([/\\&]|$)/.test(decoded)) throw bad("'..' is not allowed.");
  if (/[\\\u0000-\u001f]/.test(decoded)) throw bad("backslashes and control characters are not allowed.");
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(location)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === "file") throw bad("a folder of the server cannot be used. Leave it out, or give a bucket's address.");
  if (["runs", "models", "data", "http", "https", "javascript"].includes(scheme)) throw bad(`the scheme '${scheme}' is not supported.`);
  if (scheme === "mlflow-artifacts" && !/^mlflow-artifacts:\/(\/\/)?[^/_][^/]*(\/[^/]+)*\/?$/.test(location)) {
    throw bad("write mlflow-artifacts:/folder.");
  }
  return location.replace(/\/+$/, "");
}

function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/%[0-9a-f]{2}/gi, "");
  }
}

export function requireActive(experiment: Pick<ExperimentRow, "id" | "lifecycleStage">): void {
  if (experiment.lifecycleStage === "active") return;
  throw new DomainError("invalid", `The experiment ${experiment.id} must be in the 'active' state. Current state is ${experiment.lifecycleStage}.`);
}
