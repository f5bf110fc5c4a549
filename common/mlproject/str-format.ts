import { pythonEscape, pythonRepr } from "./python-str";
import { CommandError } from "./types";

/** A replacement field such as `{x!r:>10}`; offsets are into the template. */
export type FormatField = { kind: "field"; name: string; rest: string; conversion: string; spec: FormatPart[]; start: number; end: number };
export type FormatPart = { kind: "text"; text: string } | FormatField;
export type ParsedFormat = { parts: FormatPart[]; error?: { message: string; start: number; end: number } };

class FormatFault extends Error {
  constructor(message: string, readonly at: number) {
    super(message);
  }
}

/** Parses a template as Python's `str.format` does, with its mistakes put in words and a place. */
export function parseFormat(template: string): ParsedFormat {
  const parts: FormatPart[] = [];
  try {
    parse(template, 0, template.length, 2, parts);
    return { parts };
  } catch (error) {
    if (!(error instanceof FormatFault)) throw error;
    return { parts, error: { message: error.message, start: error.at, end: Math.min(error.at + 1, template.length) } };
  }
}

/** The fields of a template, those inside format specs too, in order. */
export function fieldsOf(parts: FormatPart[]): FormatField[] {
  return parts.flatMap((part) => (part.kind === "field" ? [part, ...fieldsOf(part.spec)] : []));
}

/**
 * Python's `template.format(**values)` where every value is a str.
 * @throws CommandError where Python raises KeyError, IndexError or ValueError.
 */
export function formatTemplate(template: string, values: ReadonlyMap<string, string>): string {
  const { parts, error } = parseFormat(template);
  if (error) throw new CommandError(error.message);
  return fill(parts, values);
}

/** What is wrong with one field, given the names that are declared; null when it can be filled. */
export function fieldFault(field: FormatField): string | null {
  if (field.name === "") return "{} has no name in it. Write the parameter's name, or {{}} for literal braces.";
  if (/^\d+$/.test(field.name)) return `{${field.name}} is a position, and commands are filled in by name. Write a parameter's name, or double the braces.`;
  if (field.rest && !/^(?:\[\d+\])+$/.test(field.rest)) return `A value is text and has no '${field.rest}'. Write {${field.name}}.`;
  if (field.conversion && !"sra".includes(field.conversion)) return `'!${field.conversion}' is no conversion. Known are !s, !r and !a.`;
  const only = field.spec.every((part) => part.kind === "text") ? field.spec.map((part) => (part.kind === "text" ? part.text : "")).join("") : null;
  if (only === null) return null;
  const spec = readSpec(only);
  return typeof spec === "string" ? spec : null;
}

function fill(parts: FormatPart[], values: ReadonlyMap<string, string>): string {
  let out = "";
  for (const part of parts) {
    if (part.kind === "text") {
      out += part.text;
      continue;
    }
    const fault = fieldFault(part);
    if (fault) throw new CommandError(fault);
    const given = values.get(part.name);
    if (given === undefined) throw new CommandError(`The command uses {${part.name}}, and no parameter of that name is declared.`);
    let value: string = given;
    for (const index of part.rest.matchAll(/\[(\d+)\]/g)) {
      const char: string | undefined = Array.from(value)[Number(index[1])];
      if (char === undefined) throw new CommandError(`{${part.name}${part.rest}} reaches past the end of the value.`);
      value = char;
    }
    if (part.conversion === "r") value = pythonRepr(value);
    if (part.conversion === "a") value = asciiOf(pythonRepr(value));
    const spec = readSpec(fill(part.spec, values));
    if (typeof spec === "string") throw new CommandError(spec);
    out += applySpec(value, spec);
  }
  return out;
}

function parse(template: string, from: number, to: number, depth: number, parts: FormatPart[]): void {
  let text = "";
  let i = from;
  const flush = () => {
    if (text) parts.push({ kind: "text", text });
    text = "";
  };
  while (i < to) {
    const char = template[i];
    if (char !== "{" && char !== "}") {
      text += char;
      i++;
    } else if (template[i + 1] === char && i + 1 < to && depth === 2) {
      text += char;
      i += 2;
    } else if (char === "}") {
      throw new FormatFault("This } closes nothing. Write }} for a literal brace.", i);
    } else {
      if (depth === 0) throw new FormatFault("Braces are nested too deeply here.", i);
      flush();
      const field = parseField(template, i, to, depth);
      parts.push(field);
      i = field.end;
    }
  }
  flush();
}

function parseField(template: string, open: number, to: number, depth: number): FormatField {
  const unclosed = () => new FormatFault("This { is never closed. Write {{ for a literal brace.", open);
  let i = open + 1;
  let isInBrackets = false;
  for (; i < to; i++) {
    const char = template[i] as string;
    if (char === "{") throw new FormatFault("There is a { inside the braces. Write {{ for a literal brace.", i);
    if (char === "[") isInBrackets = true;
    else if (char === "]") isInBrackets = false;
    else if (!isInBrackets && "}:!".includes(char)) break;
  }
  if (i >= to) throw unclosed();
  const whole = template.slice(open + 1, i);
  const nameEnd = whole.search(/[.[]/);
  const field: FormatField = {
    kind: "field", name: nameEnd < 0 ? whole : whole.slice(0, nameEnd), rest: nameEnd < 0 ? "" : whole.slice(nameEnd), conversion: "", spec: [], start: open, end: i + 1,
  };
  if (template[i] === "!") {
    field.conversion = template[i + 1] ?? "";
    i += 2;
    if (i >= to) throw unclosed();
    if (template[i] !== ":" && template[i] !== "}") throw new FormatFault("After !r, !s or !a only a : or the closing brace may follow.", i);
    if (field.conversion === "}") throw new FormatFault("After ! one of r, s, a must follow.", i - 1);
  }
  if (template[i] === ":") {
    const start = i + 1;
    let nested = 1;
    for (i = start; i < to && nested > 0; i++) nested += template[i] === "{" ? 1 : template[i] === "}" ? -1 : 0;
    if (nested > 0) throw unclosed();
    i--;
    parse(template, start, i, depth - 1, field.spec);
  }
  field.end = i + 1;
  return field;
}

type Spec = { fill: string; align: "<" | ">" | "^"; width: number; precision: number | null };

function readSpec(spec: string): Spec | string {
  const match = /^(?:(.)?([<>=^]))?([-+ ])?(z)?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?(.+)?$/su.exec(spec);
  if (!match) return `':${spec}' is no format that text can take.`;
  const [, fillChar, align, sign, z, alternate, zero, width, grouping, precision, type] = match;
  if ((type !== undefined && type !== "s") || sign || z || alternate || grouping || align === "=") {
    return `Values are text when the command is filled in, so ':${spec}' cannot be used. A width such as :>10 or :.8 can.`;
  }
  if (Number(width ?? 0) > 10_000 || Number(precision ?? 0) > 1_000_000) return `':${spec}' is too wide.`;
  return {
    fill: fillChar ?? (zero && !align ? "0" : zero ? "0" : " "),
    align: align === ">" || align === "^" ? align : "<",
    width: Number(width ?? 0),
    precision: precision === undefined ? null : Number(precision),
  };
}

function applySpec(value: string, spec: Spec): string {
  let chars = Array.from(value);
  if (spec.precision !== null) chars = chars.slice(0, spec.precision);
  const missing = Math.max(0, spec.width - chars.length);
  const before = spec.align === ">" ? missing : spec.align === "^" ? Math.floor(missing / 2) : 0;
  return spec.fill.repeat(before) + chars.join("") + spec.fill.repeat(missing - before);
}

function asciiOf(text: string): string {
  return Array.from(text, (char) => ((char.codePointAt(0) ?? 0) < 0x80 ? char : pythonEscape(char.codePointAt(0) ?? 0))).join("");
}
