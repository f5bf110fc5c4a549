import { expect, test } from "vitest";
import type { ShimStatus } from "./sandbox-types";
import { endOf } from "./step-end";

const exited: ShimStatus = {
  version: 1, state: "exited", pid: 1, startTicks: 1, bootId: "b", childPid: 2, trackingPort: null, exitCode: 0, signal: null, oomKilled: false,
  bytes: 0, gaps: [], startedAtMs: 1_000_000, endedAtMs: 1_041_200, error: null,
};
const asked = { stopAskedAt: null, stopAskedBy: null, memoryBytes: 4 * 1024 ** 3, timeoutSeconds: 1800 };

test("each end has its state and its reason", () => {
  expect(endOf(exited, asked)).toMatchObject({ state: "finished", reason: "exit code 0 after 41.2 s", exitCode: 0 });
  expect(endOf({ ...exited, exitCode: 1 }, asked)).toMatchObject({ state: "failed", reason: "exit code 1 after 41.2 s" });
  expect(endOf({ ...exited, exitCode: 127 }, asked).reason).toMatch(/a command was not found/);
  expect(endOf({ ...exited, exitCode: 137, signal: "SIGKILL" }, asked)).toMatchObject({ state: "failed", reason: "killed by signal 9 after 41.2 s", signal: 9 });
  expect(endOf({ ...exited, exitCode: 137, signal: "SIGKILL", oomKilled: true }, asked).reason).toBe("out of memory, limit 4 GiB, after 41.2 s");
  expect(endOf({ ...exited, exitCode: 143, signal: "SIGTERM" }, { ...asked, timeoutSeconds: 40 }).reason).toBe("time limit of 40.0 s reached, signal 15");
});

test("a stop decides only when it came before the end", () => {
  const stop = { ...asked, stopAskedBy: "by Rose" };
  expect(endOf({ ...exited, exitCode: null, signal: "SIGTERM" }, { ...stop, stopAskedAt: new Date(1_040_000) })).toMatchObject({ state: "stopped", reason: "by Rose after 41.2 s, signal 15" });
  expect(endOf(exited, { ...stop, stopAskedAt: new Date(1_050_000) }).state).toBe("finished");
});
