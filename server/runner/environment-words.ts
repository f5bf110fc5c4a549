import { minorOf } from "@/common/mlproject/versions";
import type { WantedEnvironment, WantedPackage } from "./environment-spec";
import { EnvironmentError } from "./environment-types";
import type { Interpreter } from "./sandbox-types";

/** uv's words on why an environment cannot be had, as an error that names file, line and mend. */
export function explainUv(said: string, wanted: WantedEnvironment, python: Interpreter, interpreters: readonly Interpreter[]): EnvironmentError {
  // eslint-style: a terminal's colours and uv's line breaks are for its own layout.
  const text = said.replaceAll(/\x1b\[[0-9;]*m/g, "").replaceAll(/\s+/g, " ").trim();
  const minor = minorOf(python.version);

  const tags = /Because (\S+?)(==\S+)? has no wheels with a matching Python (?:ABI|version|implementation) tag/.exec(text);
  if (tags) {
    const built = [...(/following Python (?:ABI|version) tags?: ([^.]*?)(?:hint:|$)/.exec(text)?.[1] ?? "").matchAll(/(?:cp|py)(\d)(\d+)/g)].map((m) => `${m[1]}.${m[2]}`);
    const versions = [...new Set(built)];
    const here = [...new Set(interpreters.map((i) => minorOf(i.version)))].filter((v) => versions.includes(v));
    const which = versions.length > 0 ? `: it was built for Python ${versions.join(", ")} only` : "";
    const also = here.length > 0 ? ` This machine has Python ${here.join(" and ")}: ask for it, or for another version of ${tags[1]}.` : ` Ask for another version of ${tags[1]}.`;
    return at(wanted, tags[1], `${tags[1]}${tags[2] ?? ""} cannot be had for Python ${minor}${which}.${also}`);
  }
  const unknown = /Because (\S+) was not found in the package registry/.exec(text);
  if (unknown) return at(wanted, unknown[1], `there is no package '${unknown[1]}' in the registry. Correct its name.`);
  const version = /there (?:is|are) no versions? of (\S+?)((?:[=<>!~]=?|===).*?) and you require/.exec(text);
  if (version) return at(wanted, version[1], `there is no ${version[1]}${version[2]}. Ask for a version that exists.`);
  const source = /(\S+?)([=<>!~]=?\S+)? has no (?:usable wheels|wheels with a matching platform tag)/.exec(text);
  if (source) return at(wanted, source[1]?.replace(/[=<>!~].*/, ""), `${source[1]}${source[2] ?? ""} has no ready-built package for Python ${minor} on this machine, and none is built from source here. Ask for a version that has one.`);
  const requires = /Because the current Python version \([^)]*\) does not satisfy Python([^ ]*) and (\S+?)(==\S+)? depends on/.exec(text);
  if (requires) return at(wanted, requires[2], `${requires[2]}${requires[3] ?? ""} needs Python ${requires[1]}, and this environment has ${minor}. Ask for another Python, or another version of ${requires[2]}.`);
  if (/error sending request|client error|dns error|tcp connect|tunnel error|timed out|operation timed out|Failed to fetch/i.test(text)) {
    const host = /https?:\/\/(?:[^@/\s]*@)?([^/\s)]+)/.exec(text)?.[1];
    return new EnvironmentError(`The package registry${host ? ` ${host}` : ""} cannot be reached from this server. Try again; if it stays so, the server's own pip or uv settings name the registry that is used.`);
  }
  const cause = (/cause: (.*?)(?: hint:|$)/.exec(text)?.[1] ?? text.replace(/^error: /, "")).replace(/,? we can conclude that your requirements are unsatisfiable\.?/, "").trim();
  const named = wanted.packages.find((p) => new RegExp(`\\b${p.name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\b`, "i").test(cause));
  return at(wanted, named?.name, `the packages cannot be had together: ${clip(cause)}`);
}

function at(wanted: WantedEnvironment, name: string | undefined, message: string): EnvironmentError {
  const place: WantedPackage | undefined = wanted.packages.find((p) => same(p.name, name ?? ""));
  if (place) return new EnvironmentError(`${place.path} line ${place.line}: ${message}`, { path: place.path, line: place.line });
  const path = wanted.path;
  return path ? new EnvironmentError(`${path}: ${message}`, { path }) : new EnvironmentError(message);
}

const same = (a: string, b: string) => a.toLowerCase().replaceAll(/[-_.]+/g, "-") === b.toLowerCase().replaceAll(/[-_.]+/g, "-");
const clip = (text: string) => (text.length > 600 ? `${text.slice(0, 600)}…` : text);
