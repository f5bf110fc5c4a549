import { until } from "./server";

export type Launch = { id: string; run_id: string; parent_run_id?: string; entry_point: string; state: string; reason?: string; exit_code?: number; command: string };

/** Flowbook's own HTTP API and MLflow's, by fetch. */
export function apiOf(url: string, token?: string) {
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(url + path, {
      method, headers: { ...headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw Object.assign(new Error(`${method} ${path}: ${answer.status} ${text}`), { status: answer.status, body: text });
    return (text ? JSON.parse(text) : {}) as T;
  }
  const own = "/api/2.0/flowbook";
  const api = {
    call,
    headers,
    launch: async (project: string, body: unknown) => (await call<{ launch: Launch }>("POST", `${own}/projects/${project}/launches`, body)).launch,
    getLaunch: async (id: string) => (await call<{ launch: Launch }>("GET", `${own}/launches/${id}`)).launch,
    log: async (id: string, offset = 0) => {
      const chunks: Buffer[] = [];
      for (let at = offset; ; ) {
        const answer = await fetch(`${url}${own}/launches/${id}/log?offset=${at}`, { headers });
        const bytes = Buffer.from(await answer.arrayBuffer());
        if (!answer.ok) throw new Error(`log: ${answer.status} ${bytes}`);
        chunks.push(bytes);
        at += bytes.length;
        if (bytes.length === 0 || answer.headers.get("x-log-complete") === "true") return Buffer.concat(chunks).toString("utf8");
      }
    },
    ended: (id: string, timeoutMs = 180_000) =>
      until(async () => {
        const launch = await api.getLaunch(id).catch(() => null);
        return launch && ["finished", "failed", "stopped", "lost"].includes(launch.state) ? launch : null;
      }, timeoutMs, `launch ${id} did not end`),
    inState: (id: string, state: string, timeoutMs = 120_000) =>
      until(async () => {
        const launch = await api.getLaunch(id);
        if (launch.state !== state && ["finished", "failed", "stopped", "lost"].includes(launch.state)) throw new Error(`launch ${id} ended as ${launch.state}: ${launch.reason}`);
        return launch.state === state ? launch : null;
      }, timeoutMs, `launch ${id} did not get ${state}`),
    createProject: async (name: string, files: Record<string, string>) => (await call<{ project: { id: string; name: string; experiment_id: string } }>("POST", `${own}/projects`, { name, files })).project,
    run: async (runId: string) =>
      (await call<{ run: { info: { status: string; run_id: string }; data: { params?: { key: string; value: string }[]; metrics?: { key: string; value: number }[]; tags?: { key: string; value: string }[] } } }>("GET", `/api/2.0/mlflow/runs/get?run_id=${runId}`)).run,
  };
  return api;
}
