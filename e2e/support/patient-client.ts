import { Agent, request } from "node:http";

const transient = new Set([408, 429, 500, 502, 503, 504]);
const maxTries = 7;

/**
 * One keep-alive connection that tries again as MLflow's client does (urllib3's Retry with its settings): seven times, at once,
 * then after 4 s, 8 s and so on, each with up to a second more; after what Retry-After says where a server says it.
 */
export function patientClient(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { hostname, port } = new URL(url);

  function once(path: string, body: string): Promise<{ status: number; text: string; retryAfter: string | undefined }> {
    return new Promise((resolve, reject) => {
      const req = request({ agent, hostname, port, path, method: "POST", headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }, timeout: 120_000 }, (res) => {
        let text = "";
        res.setEncoding("utf8");
        res.on("data", (chunk: string) => (text += chunk));
        res.once("end", () => resolve({ status: res.statusCode ?? 0, text, retryAfter: res.headers["retry-after"] }));
        res.once("error", reject);
        res.once("aborted", () => reject(new Error("aborted")));
      });
      req.once("timeout", () => req.destroy(new Error("timed out")));
      req.once("error", reject);
      req.end(body);
    });
  }

  return {
    /** @throws Error when the tries are used up, or at an answer that no further try would change. */
    async post(path: string, body: unknown): Promise<void> {
      for (let failures = 0; ; ) {
        const answer = await once(path, JSON.stringify(body)).catch((error: Error) => ({ status: 0, text: String(error), retryAfter: undefined }));
        if (answer.status === 200) return;
        if (answer.status !== 0 && !transient.has(answer.status)) throw new Error(`${path}: ${answer.status} ${answer.text}`);
        if (++failures > maxTries) throw new Error(`${path}: gave up after ${failures} tries: ${answer.status} ${answer.text}`);
        const backOffMs = failures <= 1 ? 0 : 2_000 * 2 ** (failures - 1);
        await new Promise((done) => setTimeout(done, answer.retryAfter ? Number(answer.retryAfter) * 1000 : Math.min(backOffMs, 120_000) + Math.random() * 1000));
      }
    },
    close: () => agent.destroy(),
  };
}
