import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type ChildOptions = { name: string; script: string; dataDir: string; isDev: boolean; env: NodeJS.ProcessEnv; onMessage?: (message: { type: string; message?: string }) => void };

/**
 * One process of the house, started again at once when it dies, with back-off when it dies at once each time. It is a group of
 * its own, so that a Ctrl-C at the terminal reaches the supervisor alone; it ends by itself when the channel to the supervisor closes.
 */
export class Child {
  private process: ChildProcess | undefined;
  private isStopping = false;
  private failures = 0;
  private timer: NodeJS.Timeout | undefined;

  readonly name: string;

  constructor(private readonly options: ChildOptions) {
    this.name = options.name;
  }

  start(): void {
    const { name, script, dataDir, isDev, env } = this.options;
    mkdirSync(join(dataDir, "logs"), { recursive: true });
    const startedAt = Date.now();
    const child = spawn(process.execPath, [...(isDev ? ["--import", "tsx"] : ["--enable-source-maps"]), script], {
      stdio: ["ignore", "pipe", "pipe", "ipc"], detached: true, env: { ...env, FLOWBOOK_SERVICE: name },
    });
    this.process = child;
    if (child.pid) writeFileSync(join(dataDir, "run", `${name}.pid`), `${child.pid}\n`);
    const file = createWriteStream(join(dataDir, "logs", `${name}.log`), { flags: "a" });
    file.on("error", () => {});
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        file.write(chunk);
        if (isDev) process.stderr.write(chunk);
      });
    }
    child.on("message", (message) => this.options.onMessage?.(message as { type: string; message?: string }));
    child.on("error", () => {});
    child.on("exit", () => {
      file.end();
      rmSync(join(dataDir, "run", `${name}.pid`), { force: true });
      if (this.isStopping) return;
      this.failures = Date.now() - startedAt > 20_000 ? 0 : this.failures + 1;
      this.timer = setTimeout(() => this.start(), this.failures === 0 ? 0 : Math.min(300 * 2 ** (this.failures - 1), 15_000));
    });
  }

  /** Asks it to end, and ends it after the time given. */
  async stop(timeoutMs: number): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.timer);
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((done) => child.once("exit", () => done()));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    await ended;
    clearTimeout(timer);
  }

  /** For development: it starts again by itself, with the code as it now stands. */
  restart(): void {
    this.process?.kill("SIGTERM");
  }

  kill(): void {
    this.isStopping = true;
    clearTimeout(this.timer);
    this.process?.kill("SIGKILL");
  }
}
