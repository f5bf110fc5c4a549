// What the measurements share: a caller of the HTTP API, percentiles, and the machine's load, without which a figure says little.
import { cpus, loadavg } from "node:os";

const token = process.env.MLFLOW_TRACKING_TOKEN;
export const authorization = token ? { Authorization: `Bearer ${token}` } : {};

/** Calls `/api/2.0/flowbook` + path. @throws Error with the server's answer when it refuses. */
export async function api(base, method, path, body) {
  const response = await fetch(`${base}/api/2.0/flowbook${path}`, {
    method,
    headers: { ...authorization, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.headers.get("content-type")?.startsWith("application/json") ? response.json() : response;
}

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export const spread = (values) => `p50 ${percentile(values, 0.5).toFixed(0)} ms, p99 ${percentile(values, 0.99).toFixed(0)} ms, least ${Math.min(...values).toFixed(0)} ms, most ${Math.max(...values).toFixed(0)} ms (${values.length} times)`;

export const machine = () => `${new Date().toISOString()}, ${cpus().length} processors, load ${loadavg().map((n) => n.toFixed(1)).join(" ")}`;

/** `--name 5` out of the arguments, a number. */
export function option(args, name, preset) {
  const at = args.indexOf(name);
  return at < 0 ? preset : Number(args.splice(at, 2)[1]);
}
