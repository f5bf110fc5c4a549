import type { Places } from "./places";
import { pythonStr } from "./python-str";
import type { EnvKind, Outline, Problem, ProjectFile } from "./types";
import { entryOf, type YamlNode } from "./yaml-nodes";

const keys = ["python_env", "conda_env", "docker_env"] as const;

/** Which environment a project names, or the default that its files give: python_env.yaml, then conda.yaml, then requirements.txt. */
export function detectEnvironment(root: YamlNode | null, places: Places | null, files: readonly ProjectFile[], problems: Problem[]): Pick<Outline, "envKind" | "envPath"> {
  const has = (path: string) => files.some((file) => file.path === path);
  const named = root && places ? keys.flatMap((key) => entryOf(root, key) ?? []) : [];
  if (places && named.length > 1) {
    const last = named.at(-1);
    problems.push(places.problem("error", last?.key ?? { start: 0, end: 0 }, `A project has one environment, and this one names ${named.map((each) => pythonStr(each.key)).join(" and ")}. Keep one.`));
  }
  for (const { key, value } of places ? named : []) {
    const kind = pythonStr(key);
    if (kind === "docker_env") {
      if (checkDocker(key, value, places as Places, problems)) return { envKind: "docker" };
      continue;
    }
    if (value.kind === "null" || (value.kind === "str" && value.value === "")) continue;
    if (value.kind !== "str") {
      problems.push((places as Places).problem("error", value, `${kind} is the path of a file. Write it like: ${kind}: ${kind === "conda_env" ? "conda.yaml" : "python_env.yaml"}.`));
      continue;
    }
    const path = value.value.replace(/^\.\//, "");
    const envKind: EnvKind = kind === "conda_env" ? "conda" : "python_env";
    if (!has(path)) {
      const other = files.find((file) => file.path.toLowerCase() === path.toLowerCase() || file.path.replace(/\.yml$/, ".yaml") === path || file.path.replace(/\.yaml$/, ".yml") === path);
      problems.push(
        (places as Places).problem("error", value, `There is no file '${value.value}' in this project. ${other ? `Did you mean ${other.path}?` : `Add it, or remove the ${kind} line.`}`, other && { title: `Write ${other.path}`, edits: [(places as Places).edit(value.start, value.end, other.path)] }),
      );
    }
    return { envKind, envPath: path };
  }
  if (has("python_env.yaml")) return { envKind: "python_env", envPath: "python_env.yaml" };
  if (has("conda.yaml")) return { envKind: "conda", envPath: "conda.yaml" };
  if (has("requirements.txt")) return { envKind: "requirements", envPath: "requirements.txt" };
  return { envKind: "none" };
}

function checkDocker(key: YamlNode, value: YamlNode, places: Places, problems: Problem[]): boolean {
  const bad = (node: YamlNode, message: string) => void problems.push(places.problem("error", node, message));
  if (value.kind === "null") return false;
  if (value.kind !== "map") {
    const fix = value.kind === "str" ? { title: "Make it a mapping", edits: [places.edit(value.start, value.end, `{image: ${places.text.slice(value.start, value.end)}}`)] } : undefined;
    problems.push(places.problem("error", value, "docker_env is a mapping with an image. Write it like: docker_env: {image: python:3.11}.", fix));
    return true;
  }
  const image = entryOf(value, "image");
  if (image?.value.kind !== "str" || image.value.value === "") bad(image?.key ?? key, "docker_env needs an image. Write it like: image: python:3.11.");
  const volumes = entryOf(value, "volumes")?.value;
  if (volumes && volumes.kind !== "null" && !(volumes.kind === "list" && volumes.items.every((item) => item.kind === "str"))) {
    bad(volumes, 'volumes is a list of texts. Write it like: volumes: ["/host/data:/data"].');
  }
  const environment = entryOf(value, "environment")?.value;
  if (environment && environment.kind !== "null" && !(environment.kind === "list" && environment.items.every((item) => item.kind === "str" || item.kind === "list"))) {
    bad(environment, 'environment is a list of names, or of name and value. Write it like: environment: ["HOME", ["MODE", "test"]].');
  }
  return true;
}
