import { log } from "../log";

const orphanEndsAfterMs = 20_000;

/** Runs a process's main under the supervisor: tells it of a failed start, and ends with it, as nothing it started outlives it. */
export function run(name: string, main: () => Promise<void>): void {
  // One broken request, hook or timer must not end the process for everybody.
  process.on("uncaughtException", (error) => log.error({ err: error }, "uncaught"));
  process.on("unhandledRejection", (error) => log.error({ err: error }, "unhandled rejection"));
  process.on("disconnect", () => {
    process.kill(process.pid, "SIGTERM");
    // The database may have gone with the supervisor, and an orderly end would wait for it without end.
    setTimeout(() => process.exit(1), orphanEndsAfterMs);
  });
  main().catch((error) => {
    log.fatal({ err: error }, `${name} cannot go on`);
    process.send?.({ type: "failed", message: error instanceof Error ? error.message : String(error) });
    setTimeout(() => process.exit(1), 100);
  });
}
