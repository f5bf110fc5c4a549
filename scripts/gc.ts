/* `npm run gc`: frees for good what was deleted long enough ago (docs/configuration.md). */
import { endWith, readOptions, say, stopSignal, useFlowbookData } from "./transfer-cli";

const usage = `npm run gc -- [--dry-run] [--older-than 30d]

  --dry-run          Say what would be freed, and free nothing.
  --older-than TIME  What was deleted longer ago than this: 30d (the default), 8h, 2d8h5m20s. 0d: everything deleted.

Removes deleted runs, logged models and experiments with their artifacts, in every workspace, and files of the artifact store that
nothing points to. There is no way back. What a registered model version still needs is kept. Works on the Flowbook of FLOWBOOK_DATA
(default: data), which may be running. Exit status: 0 done, 1 not, 130 stopped.`;

const options = readOptions(usage, { "dry-run": { type: "boolean" }, "older-than": { type: "string" } }, []);

const signal = stopSignal();
await endWith(async () => {
  useFlowbookData();
  // Only now: the configuration is read as these are loaded.
  const { collectGarbage, parseOlderThan } = await import("../server/domain/gc");
  const { systemCtx } = await import("../server/domain/workspaces");
  const { disconnect } = await import("../server/db");
  const { flushAnnouncements } = await import("../server/changes");
  const { formatSize } = await import("../common/format");
  const ctx = await systemCtx();
  const isDryRun = options["dry-run"] ?? false;
  let told = 0;
  const report = await collectGarbage(ctx, {
    olderThanMs: parseOlderThan(options["older-than"] ?? "30d"), isDryRun, signal,
    onProgress: (_stage, soFar) => {
      if (Date.now() - told < 2_000) return;
      told = Date.now();
      say(`… ${soFar.runs} runs, ${soFar.loggedModels} logged models, ${soFar.experiments} experiments, ${formatSize(soFar.files.sizeBytes + soFar.strayFiles.sizeBytes)}`);
    },
  });
  await flushAnnouncements(ctx.sql);
  await disconnect();
  const line = (what: string, count: number, size?: number) => say(`  ${what.padEnd(34)} ${String(count).padStart(8)}${size === undefined ? "" : `  ${formatSize(size).padStart(8)}`}`);
  say(`${isDryRun ? "Would be freed" : "Freed"}, of what was deleted before ${new Date(report.beforeMs).toISOString()}:`);
  line("runs", report.runs);
  line("logged models", report.loggedModels);
  line("experiments", report.experiments);
  line("their files", report.files.count, report.files.sizeBytes);
  line("files that nothing points to", report.strayFiles.count, report.strayFiles.sizeBytes);
  line("uploads that were cut off", report.unfinished.count, report.unfinished.sizeBytes);
  const { kept } = report;
  if (kept.runs + kept.loggedModels + kept.experiments > 0) {
    say("Deleted and kept, as registered versions, projects or running steps need them:");
    line("runs", kept.runs);
    line("logged models", kept.loggedModels);
    line("experiments", kept.experiments);
  }
  if (isDryRun) say("Nothing was freed: this was a dry run.");
  if (signal.aborted) throw Object.assign(new Error("stopped"), { name: "Interrupted" });
  return true;
}, "What was freed until then is freed; the next clean-up goes on from there.");
