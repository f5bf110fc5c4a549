import { readFileSync, readSync } from "node:fs";
import { constants } from "node:os";
import type { IPty } from "node-pty";
import type { ShimCommand, ShimSpec, ShimStatus } from "@/common/shim";
import { hasRunOutOfMemory, removeCgroups } from "./cgroups";
import { Control } from "./control";
import { LogFile } from "./log-file";
import { bootId, killTree, signalCommand, startTicksOf, treeMemoryBytes } from "./processes";
import { writeStatus } from "./status-file";
import { openStepSockets } from "./step-sockets";

/*
 * The small process beside each running step: `shim <spec.json>`. It owns the pty, appends what comes out of it to out.log, keeps
 * the exit status, and carries the step's sockets. It outlives web and runner, and knows nothing of the product.
 */

const memoryCheckMs = 1_000;
const inputQueueMax = 256 * 1024;

const specFile = process.argv[2];
if (!specFile) throw new Error("usage: shim <spec.json>");
// Written by the runner of the same version, in a folder of its own.
const spec = JSON.parse(readFileSync(specFile, "utf8")) as ShimSpec;
process.chdir(spec.jobDir);
process.umask(0o077);
// A terminal that closes, or a supervisor that stops its group, is not for us.
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM", "SIGPIPE"] as const) process.on(signal, () => {});

const status: ShimStatus = {
  version: 1, state: "starting", pid: process.pid, startTicks: startTicksOf(process.pid), bootId: bootId(), childPid: null, trackingPort: null,
  exitCode: null, signal: null, oomKilled: false, bytes: 0, gaps: [], startedAtMs: null, endedAtMs: null, error: null,
};
const control = new Control();
const log = new LogFile("out.log", spec.logLimitBytes, () => control.tellLog(log.bytes));
let pty: IPty | undefined;
let isEnded = false;
let isStopping = false;

await writeStatus(status);
try {
  await control.listen("ctl.sock", carryOut);
  status.trackingPort = await openStepSockets(spec);
  await start();
  await writeStatus(status);
} catch (error) {
  if (pty) killTree(pty.pid);
  else await end({ exitCode: null, signal: null, error: error instanceof Error ? error.message : String(error) });
}

async function start() {
  const { spawn } = await import("node-pty");
  const [program = "", ...args] = spec.argv;
  const env = Object.fromEntries(
    Object.entries(spec.env).map(([name, value]) => [name, status.trackingPort ? value.replaceAll("{trackingPort}", String(status.trackingPort)) : value]),
  );
  pty = spawn(program, args, { name: "xterm-256color", cols: spec.cols, rows: spec.rows, cwd: spec.cwd, env, encoding: null });
  status.state = "running";
  status.childPid = pty.pid;
  status.startedAtMs = Date.now();
  const { pid } = pty;
  readToTheEnd(pty);
  // Without an encoding node-pty hands out bytes, whatever its type says.
  pty.onData((chunk: string | Buffer) => log.append(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk)));
  pty.onExit(({ exitCode, signal }) => {
    const isShellSignal = !signal && exitCode > 128 && exitCode <= 128 + 31;
    void end({ exitCode: signal ? null : exitCode, signal: signalName(signal || (isShellSignal ? exitCode - 128 : 0)), error: null });
  });
  const watch = setInterval(() => {
    if (isEnded) clearInterval(watch);
    else if (spec.memory.by === "poll" && treeMemoryBytes(pid) > spec.memory.limitBytes) {
      status.oomKilled = true;
      killTree(pid);
    }
  }, memoryCheckMs);
}

/** node-pty gives up on the terminal 200 ms after the exit, read to its end or not: on a busy machine the last lines would be lost. */
function readToTheEnd(terminal: IPty) {
  // Fields of node-pty's Unix terminal (1.1.0) that its type leaves out; without them its own behaviour stays.
  const { _socket: socket, fd } = terminal as unknown as { _socket?: { destroy: (error?: Error) => unknown; destroyed: boolean }; fd?: number };
  if (!socket || fd === undefined) return;
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error) => {
    if (!socket.destroyed) {
      const buffer = Buffer.alloc(64 * 1024);
      try {
        for (let n = readSync(fd, buffer); n > 0; n = readSync(fd, buffer)) log.append(Buffer.from(buffer.subarray(0, n)));
      } catch {
        // EIO or EAGAIN: it has all been read.
      }
    }
    return destroy(error);
  };
}

async function end({ exitCode, signal, error }: Pick<ShimStatus, "exitCode" | "signal" | "error">) {
  if (isEnded) return;
  isEnded = true;
  log.close();
  const isOutOfMemory = status.oomKilled || (exitCode !== 0 && hasRunOutOfMemory(spec.cgroups));
  Object.assign(status, { state: "exited", exitCode, signal, error, oomKilled: isOutOfMemory, bytes: log.bytes, gaps: log.gaps, endedAtMs: Date.now() } satisfies Partial<ShimStatus>);
  await writeStatus(status);
  await control.tellEnd({ type: "exited", status });
  await removeCgroups(spec.cgroups);
  process.exit(0);
}

function carryOut(command: ShimCommand) {
  if (!pty || isEnded) return;
  const { pid } = pty;
  switch (command.type) {
    case "input": {
      const bytes = Buffer.from(command.data, "base64");
      if (bytes.length <= inputQueueMax) pty.write(bytes);
      return;
    }
    case "resize":
      if (command.cols > 0 && command.rows > 0 && command.cols < 1_000 && command.rows < 1_000) pty.resize(Math.floor(command.cols), Math.floor(command.rows));
      return;
    case "signal":
      if (command.signal === "SIGKILL") killTree(pid);
      else signalCommand(pid, command.signal);
      return;
    case "kill":
      killTree(pid);
      return;
    case "stop":
      stop(pid, command);
  }
}

function stop(pid: number, { termAfterMs, killAfterMs }: Extract<ShimCommand, { type: "stop" }>) {
  if (isStopping) return;
  isStopping = true;
  // Before the command leads its group there is nobody to interrupt: the whole of it ends at once.
  if (!signalCommand(pid, "SIGINT")) killTree(pid);
  setTimeout(() => !isEnded && signalCommand(pid, "SIGTERM"), termAfterMs);
  setTimeout(() => !isEnded && killTree(pid), killAfterMs);
}

function signalName(number: number): string | null {
  return Object.entries(constants.signals).find(([, n]) => n === number)?.[0] ?? null;
}
