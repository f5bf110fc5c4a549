import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/* A real S3 service for tests: versitygw, built once by Go and kept for later runs. */

const version = "v1.8.0";
const cacheDir = join(homedir(), ".cache", "flowbook-tests");
const program = join(cacheDir, "versitygw");

export type S3ForTests = { endpoint: string; bucket: string; accessKeyId: string; secretAccessKey: string; stop: () => Promise<void> };

/** @throws Error that says what is missing: a test of S3 without an S3 would prove nothing. */
export function requireVersitygw(): string {
  if (existsSync(program)) return program;
  const go = ["go", "/usr/local/go/bin/go"].find((name) => spawnSync(name, ["version"]).status === 0);
  if (!go) throw new Error(`The S3 tests need versitygw (https://github.com/versity/versitygw) at ${program}, or Go to build it. Neither is here, so S3 is NOT TESTED.`);
  mkdirSync(cacheDir, { recursive: true });
  process.stderr.write(`building versitygw ${version} once, into ${cacheDir} (some minutes)\n`);
  const built = spawnSync(go, ["install", `github.com/versity/versitygw/cmd/versitygw@${version}`], { env: { ...process.env, GOBIN: cacheDir }, encoding: "utf8", timeout: 15 * 60_000 });
  if (built.status !== 0) throw new Error(`versitygw could not be built, so S3 is NOT TESTED:\n${built.stderr}${built.error ?? ""}`);
  return program;
}

/** Starts the service with one empty bucket on a port of its own; what it holds is gone with it. */
export async function startVersitygw(options: { port?: number } = {}): Promise<S3ForTests> {
  const path = requireVersitygw();
  const dir = mkdtempSync(join(tmpdir(), "flowbook-s3-"));
  const bucket = "flowbook-test";
  mkdirSync(join(dir, "objects", bucket), { recursive: true });
  mkdirSync(join(dir, "about"));
  const port = options.port ?? (await freePort());
  const keys = { accessKeyId: "flowbook", secretAccessKey: "flowbook-secret" };
  const child = spawn(path, ["--quiet", "--keep-alive", "--port", `127.0.0.1:${port}`, "--access", keys.accessKeyId, "--secret", keys.secretAccessKey, "posix", "--sidecar", join(dir, "about"), join(dir, "objects")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4_000);
  });
  const stop = async () => {
    await ended(child);
    rmSync(dir, { recursive: true, force: true });
  };
  const endpoint = `http://127.0.0.1:${port}`;
  for (let i = 0; ; i++) {
    if (await fetch(endpoint).then(() => true, () => false)) return { endpoint, bucket, ...keys, stop };
    if (child.exitCode !== null || i > 300) {
      await stop();
      throw new Error(`versitygw did not start: ${said}`);
    }
    await new Promise((r) => setTimeout(r, 100));
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((done) => child.once("exit", done));
  child.kill("SIGKILL");
  await exit;
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? done(address.port) : fail(new Error("no port"))));
    });
  });
}
