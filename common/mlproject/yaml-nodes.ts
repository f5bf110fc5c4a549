import { Composer, type CST, isAlias, isMap, isScalar, isSeq, type Node, Parser } from "yaml";

type Place = { start: number; end: number };

/** A YAML value as PyYAML 1.1's `safe_load` would build it, with offsets into the text. Dates stay text. */
export type YamlNode = Place &
  (
    | { kind: "null" }
    | { kind: "bool"; value: boolean }
    | { kind: "int"; value: bigint }
    | { kind: "float"; value: number }
    | { kind: "str"; value: string; style: "plain" | "quoted" | "literal" | "folded" }
    | { kind: "list"; items: YamlNode[] }
    | { kind: "map"; entries: YamlEntry[]; duplicates: YamlEntry[] }
  );

export type YamlEntry = { key: YamlNode; value: YamlNode };

export type YamlProblem = Place & { message: string };

export type YamlFile = { root: YamlNode | null; problems: YamlProblem[] };

/** Reads one YAML document. A syntax error leaves `root` null, because PyYAML would read nothing at all. */
export function readYaml(text: string): YamlFile {
  if (text.length > largest) return { root: null, problems: [{ start: 0, end: 0, message: `This file has more than ${largest / 1024} thousand characters, too many for a file of settings. Move what is data elsewhere.` }] };
  try {
    return parseYaml(text);
  } catch (error) {
    // Thrown by us, or the stack's end.
    if (!(error instanceof RangeError)) throw error;
    return { root: null, problems: [{ start: 0, end: 0, message: "This file is nested too deeply to be read. Take some of its brackets away." }] };
  }
}

/** Broken quotes cost the parser the square of their number. */
const largest = 64 * 1024;
const deepest = 100;
const mostMerged = 10_000;

/**
 * Everything behind the parser walks a tree by calling itself. At the end of the stack V8 cannot compile a regular expression and ends
 * the whole process, which no catch sees; so what is nested too deeply is refused before, and counted without recursion.
 */
function requireShallow(tokens: CST.Token[]): void {
  let level: unknown[] = tokens;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) throw new RangeError("nested too deeply");
    level = level.flatMap((token) => {
      const { items, value, key } = token as { items?: unknown[]; value?: unknown; key?: unknown };
      return [...(items ?? []), value, key].filter((inner) => typeof inner === "object" && inner !== null);
    });
  }
}

function parseYaml(text: string): YamlFile {
  const tokens = [...new Parser().parse(text)];
  requireShallow(tokens);
  // Failsafe keeps each scalar's text; npm yaml's own 1.1 schema reads `n` and `y` as booleans, PyYAML does not.
  const list = [...new Composer({ schema: "failsafe", uniqueKeys: false, prettyErrors: false, strict: true }).compose(tokens)];
  const document = list[0];
  const problems: YamlProblem[] = [];
  if (!document) return { root: null, problems };
  for (const error of list.flatMap((d) => d.errors)) {
    problems.push({ start: error.pos[0], end: error.pos[1], message: syntaxMessage(error.code, error.message) });
  }
  if (list.length > 1 && problems.length === 0) {
    const second = list[1]?.range?.[0] ?? text.length;
    problems.push({ start: second, end: second + 3, message: "There is more than one YAML document in this file (a line with ---). Keep one." });
  }
  if (problems.length > 0) return { root: null, problems };
  const anchors = new Map<string, YamlNode>();
  const root = document.contents ? convert(document.contents as Node, anchors, problems) : null;
  if (problems.length > 0) return { root: null, problems };
  return { root: root?.kind === "null" ? null : root, problems };
}

/** The last entry of that name, as PyYAML keeps it. */
export function entryOf(map: YamlNode | null | undefined, name: string): YamlEntry | undefined {
  if (map?.kind !== "map") return undefined;
  return map.entries.find((entry) => entry.key.kind === "str" && entry.key.value === name);
}

function syntaxMessage(code: string, message: string): string {
  if (code === "TAB_AS_INDENT") return "YAML does not take tabs for indentation. Use spaces.";
  if (code === "BAD_INDENT") return "This line's indentation does not fit the lines around it.";
  if (code === "MISSING_CHAR" && message.includes("quote")) return "A quote is opened here and never closed.";
  if (code === "BLOCK_AS_IMPLICIT_KEY") return 'A value must not hold another "key: value" on the same line. Put the value in quotes.';
  return `This is not valid YAML: ${message.split("\n")[0]?.replace(/\.?$/, ".")}`;
}

function convert(node: Node | null, anchors: Map<string, YamlNode>, problems: YamlProblem[]): YamlNode {
  const [start, end] = node?.range ?? [0, 0];
  const place = { start, end };
  if (node === null) return { kind: "null", ...place };
  if (isAlias(node)) {
    const target = anchors.get(node.source);
    if (!target) return { kind: "null", ...place };
    const copy = { ...target, ...place };
    heights.set(copy, heightOf(target));
    return copy;
  }
  if ("anchor" in node && node.anchor && !/^[\w-]+$/.test(node.anchor)) {
    problems.push({ start, end, message: "A text that begins with & is an anchor's name to YAML. Put the text in quotes." });
  }
  const built = build(node, place, anchors, problems);
  if (heightOf(built) > deepest) throw new RangeError("nested too deeply by its aliases");
  if ("anchor" in node && node.anchor) anchors.set(node.anchor, built);
  return built;
}

/** How deep a value is, aliases followed; kept, as an alias would have it counted again and again. */
const heights = new WeakMap<YamlNode, number>();

function heightOf(node: YamlNode): number {
  const known = heights.get(node);
  if (known !== undefined) return known;
  let height = 0;
  // Children are built, and so counted, before their parents.
  if (node.kind === "list") for (const item of node.items) height = Math.max(height, 1 + heightOf(item));
  if (node.kind === "map") for (const { key, value } of node.entries) height = Math.max(height, 1 + heightOf(key), 1 + heightOf(value));
  heights.set(node, height);
  return height;
}

function build(node: Node, place: Place, anchors: Map<string, YamlNode>, problems: YamlProblem[]): YamlNode {
  if (isSeq(node)) return { kind: "list", items: node.items.map((item) => convert(item as Node | null, anchors, problems)), ...place };
  if (isMap(node)) {
    const all: YamlEntry[] = [];
    const own = new Set<string>();
    const duplicates: YamlEntry[] = [];
    for (const pair of node.items) {
      const key = convert(pair.key as Node | null, anchors, problems);
      const value = pair.value ? convert(pair.value as Node, anchors, problems) : ({ kind: "null", start: key.end, end: key.end } as const);
      if (key.kind === "str" && key.style === "plain" && key.value === "<<") all.unshift(...mergedEntries(value));
      else {
        if (own.has(nameOf(key))) duplicates.push({ key, value });
        own.add(nameOf(key));
        all.push({ key, value });
      }
    }
    const entries = new Map(all.map((entry) => [nameOf(entry.key), entry]));
    return { kind: "map", entries: [...entries.values()], duplicates, ...place };
  }
  if (isScalar(node)) {
    const text = typeof node.value === "string" ? node.value : "";
    const style = node.type === "PLAIN" ? "plain" : node.type === "BLOCK_LITERAL" ? "literal" : node.type === "BLOCK_FOLDED" ? "folded" : "quoted";
    const tag = node.tag?.replace("tag:yaml.org,2002:", "!!");
    if (tag && !["!!str", "!!int", "!!float", "!!bool", "!!null", "!"].includes(tag)) {
      problems.push({ ...place, message: `MLflow does not know the YAML tag ${tag}. Remove it.` });
    }
    if (tag === "!!str" || tag === "!" || (style !== "plain" && !tag)) return { kind: "str", value: text, style, ...place };
    const resolved = resolvePlain(text, place, style);
    if (tag === "!!float" && resolved.kind !== "float") {
      const value = Number(text);
      if (text.trim() !== "" && !Number.isNaN(value)) return { kind: "float", value, ...place };
    }
    if (tag && `!!${resolved.kind}` !== tag && !(tag === "!!float" && resolved.kind === "float")) {
      problems.push({ ...place, message: `'${text}' is no ${tag.slice(2)}, as its tag ${tag} says it is. Remove the tag.` });
    }
    return resolved;
  }
  return { kind: "null", ...place };
}

const nameOf = (key: YamlNode): string => `${key.kind}:${"value" in key ? key.value : key.start}`;

function mergedEntries(value: YamlNode): YamlEntry[] {
  if (value.kind === "map") return value.entries;
  if (value.kind !== "list") return [];
  const merged: YamlEntry[] = [];
  // Of several merged mappings the first wins, so it comes last here. What is no mapping PyYAML refuses.
  for (const item of [...value.items].reverse()) {
    if (item.kind !== "map") continue;
    if (merged.length + item.entries.length > mostMerged) throw new RangeError("merges too much");
    merged.push(...item.entries);
  }
  return merged;
}

const boolPattern = /^(?:(yes|Yes|YES|true|True|TRUE|on|On|ON)|no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const intPattern = /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const floatPattern =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/** PyYAML's implicit resolvers (resolver.py), which are those of YAML 1.1 without the one-letter booleans. */
export function resolvePlain(text: string, place: Place, style: "plain" | "quoted" | "literal" | "folded" = "plain"): YamlNode {
  if (/^(?:~|null|Null|NULL|)$/.test(text)) return { kind: "null", ...place };
  const bool = boolPattern.exec(text);
  if (bool) return { kind: "bool", value: bool[1] !== undefined, ...place };
  const int = intPattern.test(text) ? pythonInt(text) : undefined;
  if (int !== undefined) return { kind: "int", value: int, ...place };
  if (floatPattern.test(text)) return { kind: "float", value: yamlFloat(text), ...place };
  return { kind: "str", value: text, style, ...place };
}

/** Undefined where PyYAML's constructor would raise (`0x_`): such a thing stays text. */
function pythonInt(text: string): bigint | undefined {
  const plain = text.replaceAll("_", "");
  const negative = plain.startsWith("-");
  const body = plain.replace(/^[-+]/, "");
  let value: bigint;
  if (/^0[bx]$/.test(body)) return undefined;
  if (body.startsWith("0b") || body.startsWith("0x")) value = BigInt(body);
  else if (body.includes(":")) value = body.split(":").reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  else if (body.length > 1 && body.startsWith("0")) value = BigInt(`0o${body}`);
  else value = BigInt(body);
  return negative ? -value : value;
}

function yamlFloat(text: string): number {
  const plain = text.replaceAll("_", "").toLowerCase();
  const sign = plain.startsWith("-") ? -1 : 1;
  const body = plain.replace(/^[-+]/, "");
  if (body === ".inf") return sign * Number.POSITIVE_INFINITY;
  if (body === ".nan") return Number.NaN;
  if (body.includes(":")) return sign * body.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return sign * Number(body);
}
