// What a fresh machine needs before the server can start, each stage skipped when its inputs are as they were.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A line and a mark for each stage: on a terminal the line moves, elsewhere it is printed when it begins and when it is done. */
export function makeProgress(out = process.stderr) {
  const isTty = out.isTTY;
  const frames = ["◐", "◓", "◑", "◒"];
  let timer;
  let began = 0;
  let words = "";
  let detail = "";
  const seconds = () => `${Math.max(0, (Date.now() - began) / 1000).toFixed(0)} s`;
  const clear = () => {
    clearInterval(timer);
    if (isTty && words) out.write("\r\x1b[2K");
  };
  return {
    stage(next) {
      clear();
      words = next;
      detail = "";
      began = Date.now();
      if (!isTty) return out.write(`… ${words}\n`);
      let i = 0;
      const draw = () => out.write(`\r\x1b[2K${frames[i++ % 4]} ${words}  ${seconds()}${detail ? `  ${detail}`.slice(0, (out.columns ?? 80) - words.length - 14) : ""}`);
      draw();
      timer = setInterval(draw, 120);
      timer.unref();
    },
    detail(text) {
      detail = text;
    },
    done(text) {
      clear();
      out.write(`✓ ${text}${words && Date.now() - began > 950 ? `  (${seconds()})` : ""}\n`);
      words = "";
    },
    say(line) {
      clear();
      words = "";
      process.stdout.write(`${line}\n`);
    },
    fail(text) {
      clear();
      out.write(`✗ ${text}\n`);
    },
  };
}

/** The content of files and folders as one hash. */
export function hashOf(root, paths) {
  const hash = createHash("sha256").update(process.version).update(process.platform).update(process.arch);
  const walk = (path) => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) if (!["node_modules", "__pycache__", "data", ".next"].includes(name)) walk(join(path, name));
    } else {
      hash.update(path).update("\0").update(readFileSync(full)).update("\0");
    }
  };
  for (const p of paths) walk(p);
  return hash.digest("hex");
}

/** Does the work when the stamp says something else than the hash; the stamp is written only once the work has succeeded. */
export async function stage(progress, { name, done, stamp, hash, work }) {
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return false;
  progress.stage(name);
  rmSync(stamp, { force: true });
  await work();
  mkdirSync(join(stamp, ".."), { recursive: true });
  writeFileSync(stamp, hash);
  progress.done(done);
  return true;
}

/** Runs a program to its end; what it says goes to the log, and its last words into the error. */
export function run(command, args, { cwd, logFile, env = process.env, onLine } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let tail = "";
    const log = logFile ? createWriteStream(logFile, { flags: "a" }) : null;
    const take = (chunk) => {
      log?.write(chunk);
      tail = (tail + chunk).slice(-3000);
      const line = String(chunk).trim().split("\n").at(-1);
      if (line) onLine?.(line.replace(/\x1b\[[0-9;]*m/g, ""));
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", reject);
    const stop = () => child.kill("SIGTERM");
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
    child.on("exit", (code, signal) => {
      process.off("SIGTERM", stop);
      process.off("SIGINT", stop);
      log?.end();
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(" ")} ended with ${signal ?? `exit code ${code}`}:\n${tail.trim()}${logFile ? `\nAll of it is in ${logFile}` : ""}`));
    });
  });
}
