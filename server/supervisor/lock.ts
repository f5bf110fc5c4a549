import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

/** Field 22 of /proc/<pid>/stat: with the pid it names one process for as long as the machine is up. */
export function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

/**
 * One lock for each service: web and runner may be kept by two supervisors on one folder, as in docker-compose.yml.
 *
 * @throws Error in words when another supervisor keeps one of these services on the folder.
 */
export function takeLock(dataDir: string, services: readonly string[]): () => void {
  const folder = join(dataDir, "run");
  mkdirSync(folder, { recursive: true });
  const files = services.map((service) => join(folder, `supervisor-${service}.pid`));
  for (const file of files) {
    const [pid, ticks] = readIfThere(file).trim().split(" ");
    if (ticks && startTicks(Number(pid)) === ticks) {
      throw new Error(`Flowbook is running on the data folder ${dataDir} already (process ${pid}). Stop that one first, or give this one another FLOWBOOK_DATA.`);
    }
  }
  for (const file of files) writeFileSync(file, `${process.pid} ${startTicks(process.pid)}\n`);
  return () => {
    for (const file of files) rmSync(file, { force: true });
  };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return "";
  }
}

/** @throws Error that names the port when it is taken. */
export async function requireFreePort(host: string, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once("error", fail).listen(port, host, done)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EADDRINUSE") throw new Error(`Port ${port} on ${host} is taken. Stop what listens there, or choose another: FLOWBOOK_PORT=${port + 1} npm start`);
    throw new Error(`Flowbook cannot listen on ${host}:${port}: ${error.message}`);
  });
  await new Promise((done) => server.close(done));
}
