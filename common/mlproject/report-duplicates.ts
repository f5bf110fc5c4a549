import type { Places } from "./places";
import { pythonStr } from "./python-str";
import type { Problem } from "./types";
import type { YamlNode } from "./yaml-nodes";

/** PyYAML keeps the last of two equal keys without a word. */
export function reportDuplicates(map: YamlNode, places: Places, problems: Problem[], noun: string): void {
  if (map.kind !== "map") return;
  for (const { key } of map.duplicates) {
    problems.push(places.problem("error", key, `The ${noun} '${pythonStr(key)}' is written twice, and only the last one counts. Rename or remove one.`));
  }
}
