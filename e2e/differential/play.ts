import { request } from "node:http";
import { pairsOf, type Scenario, type Step } from "./scenario";

/** An answer with everything that differs from playing to playing replaced: ids, times, made-up names. */
export type Seen = { status: number; contentType: string; json?: unknown; text?: string; disposition?: string };
export type Target = { url: string; headers?: Record<string, string> };
type Raw = { status: number; headers: Record<string, string | string[] | undefined>; text: string };

/** Plays one scenario in order against a server. */
export async function play({ steps }: Scenario, target: Target): Promise<Seen[]> {
  const names = new Map([["u", `d${Math.random().toString(36).slice(2, 10).padEnd(8, "0")}`]]);
  const normalize = normalizer(names);
  const seen: Seen[] = [];
  for (const step of steps) {
    const raw = await sendStep(step, names, target);
    const json = parse(raw);
    for (const [name, path] of Object.entries(step.save)) {
      const value = path.split(".").reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[key] : undefined), json);
      if (typeof value !== "string" && typeof value !== "number") throw new Error(`${step.method} ${step.path}: the answer has no '${path}': ${raw.status} ${raw.text.slice(0, 500)}`);
      names.set(name, String(value));
    }
    const disposition = raw.headers["content-disposition"];
    seen.push({
      status: raw.status,
      contentType: String(raw.headers["content-type"] ?? "").split(";")[0] ?? "",
      ...(json === undefined ? { text: String(normalize(raw.text)).slice(0, 400) } : { json: normalize(json) }),
      ...(disposition === undefined ? {} : { disposition: String(disposition).replace(/"/g, "") }),
    });
  }
  return seen;
}

function sendStep(step: Step, names: Map<string, string>, { url, headers = {} }: Target): Promise<Raw> {
  const fill = (text: string) =>
    text.replace(/\$\{(\w+)\}/g, (_, name: string) => {
      const value = names.get(name);
      if (value === undefined) throw new Error(`${step.method} ${step.path}: nothing is saved as '${name}'`);
      return value;
    });
  const query = typeof step.query === "string" ? fill(step.query) : new URLSearchParams(pairsOf(step.query).map(([k, v]): [string, string] => [k, fill(v)])).toString();
  const path = fill(step.path.startsWith("/") ? step.path : `/api/2.0/mlflow/${step.path}`) + (query ? `?${query}` : "");
  const body = step.body === undefined ? undefined : Buffer.from(fill(typeof step.body === "string" ? step.body : JSON.stringify(step.body)));
  const own = Object.fromEntries(Object.entries(step.headers).map(([k, v]) => [k, fill(v)]));
  const type = body && !Object.keys(own).some((k) => k.toLowerCase() === "content-type") ? { "Content-Type": "application/json" } : {};
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    // By node:http and not fetch, which would tidy the path up.
    const req = request({ hostname, port, agent: false, method: step.method, path, headers: { ...headers, ...type, ...(body ? { "Content-Length": body.length } : {}), ...own } }, (res) => {
      const chunks: Buffer[] = [];
      res.on("data", (c: Buffer) => chunks.push(c));
      res.on("end", () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text: Buffer.concat(chunks).toString("utf8") }));
      res.on("error", reject);
    });
    req.on("error", reject);
    req.end(body);
  });
}

/** Long integers as texts of their digits, which a JavaScript number would round. */
function parse({ headers, text }: Raw): unknown {
  if (!String(headers["content-type"] ?? "").startsWith("application/json")) return undefined;
  try {
    return JSON.parse(text.replace(/("(?:step|timestamp|start_time|end_time)": ?)(-?\d{16,})/g, '$1"int:$2"'));
  } catch {
    return undefined;
  }
}

const timesOf = /^(creation_time|last_update_time|creation_timestamp|last_updated_timestamp|creation_timestamp_ms|last_updated_timestamp_ms)$/;

/** Replaces ids by the names they were saved under (others by `<id>`), times of now, page tokens and made-up names by marks. */
function normalizer(names: Map<string, string>): (value: unknown) => unknown {
  const began = Date.now();
  const experimentIds = new Set<string>();
  const nameOf = (id: string) => [...names].find(([name, value]) => name !== "u" && value === id)?.[0];
  const text = (value: string, key: string): string => {
    if (key === "next_page_token") return "<token>";
    let out = value.replaceAll(names.get("u") ?? "", "<u>");
    if (key === "experiment_id") return experimentIds.has(out) ? `<${nameOf(out) ?? "experiment"}>` : out;
    for (const id of experimentIds) {
      const mark = `$1<${nameOf(id) ?? "experiment"}>`;
      out = out.replace(new RegExp(`(mlflow-artifacts:/|id=|[iI][dD] '?|[eE]xperiment '?|'|"|experiments/)${id}(?![\\d.])`, "g"), mark);
    }
    out = out.replace(/(m-)?(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/g, (id) => `<${nameOf(id) ?? "id"}>`);
    if (key === "message") out = out.replace(/\[SQL:[\s\S]*$/, "[SQL]");
    if (out.length > 600) out = `${out.slice(0, 80)}… of ${out.length} characters`;
    out = out.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<uuid>");
    if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(out) && Math.abs(Date.parse(out) - began) < 86_400_000) return "<now>";
    // MLflow adds what its database said.
    if (key === "message") out = out.replace(/ Error: \((sqlite3|raised)[\s\S]*$/, "");
    return /^[a-z]+-[a-z]+-\d{1,3}$/.test(out) && (key === "run_name" || key === "name" || key === "value") ? "<made-up name>" : out;
  };
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === "string") return text(value, key);
    if (typeof value === "number") return timesOf.test(key) && Math.abs(value - began) < 86_400_000 ? "<now>" : value;
    if (Array.isArray(value)) return sorted(value.map((v) => walk(v, key)), key);
    if (typeof value === "object" && value !== null) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, walk(v, k)]).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
    return value;
  };
  const note = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === "experiment_id" && typeof inner === "string" && /^[1-9]\d*$/.test(inner)) experimentIds.add(inner);
      else note(inner);
    }
  };
  return (value) => {
    note(value);
    return walk(value, "");
  };
}

/** The order of tags, params and a run's metrics means nothing; that of a history does, and its entries share one key. */
function sorted(list: unknown[], key: string): unknown[] {
  if (!["tags", "params", "metrics", "aliases", "dataset_summaries", "dataset_inputs"].includes(key)) return list;
  const nameOf = (v: unknown) => {
    if (typeof v === "string") return v;
    const o = v as { key?: string; alias?: string; name?: string; context?: string; dataset?: { name?: string } } | null;
    return key === "dataset_summaries" ? `${o?.name} ${o?.context}` : (o?.key ?? o?.alias ?? o?.dataset?.name ?? "");
  };
  return [...list].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0));
}
