import type { Ctx } from "@/server/ctx";
import { getStore } from "@/server/storage";
import type { GcReport } from "./types";

const dayMs = 24 * 60 * 60 * 1000;
/** Only what an upload of ours can have made is ever taken for a stray: whatever else lies in the folder or bucket is not ours. */
const isUpload = /\/artifacts\/[0-9a-f]{24}$/;

/**
 * Files that no row names, left by a crash between an upload's bytes and its row, or between a row's removal and its bytes'. They must
 * be a day old, so that no upload under way is among them. Projects' own files (`_flowbook/`) are not looked at.
 */
export async function sweepStrays(ctx: Ctx, report: GcReport, options: { signal?: AbortSignal | undefined; onPage: () => void }): Promise<void> {
  const store = getStore();
  const dayAgo = new Date(ctx.now().getTime() - dayMs);
  for await (const page of store.list({ except: ["_flowbook/"] })) {
    if (options.signal?.aborted) return;
    const old = new Map(page.filter((o) => o.modifiedAt < dayAgo && isUpload.test(o.key)).map((o) => [o.key, o.sizeBytes]));
    if (old.size === 0) continue;
    const { rows } = await ctx.sql.query<{ key: string }>(
      `SELECT key FROM unnest($1::text[]) key WHERE NOT EXISTS (SELECT 1 FROM "Artifact" a WHERE a."storeKey" = key)`,
      [[...old.keys()]],
    );
    if (rows.length === 0) continue;
    if (!report.isDryRun) await store.remove(rows.map((r) => r.key));
    report.strayFiles.count += rows.length;
    report.strayFiles.sizeBytes += rows.reduce((sum, r) => sum + (old.get(r.key) ?? 0), 0);
    options.onPage();
  }
  report.unfinished = await store.sweepUnfinished({ before: dayAgo, isDryRun: report.isDryRun });
}
