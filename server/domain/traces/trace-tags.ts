import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { DomainError } from "@/server/errors";
import { requireTrace } from "./access";
import { checkMutableTag, checkTagKey, cut, maxTagLength, traceName } from "./check";

/** Sets a tag; mlflow.traceName is the trace's name. @throws DomainError `not_found`, `invalid` for a key that is none or the server's own. */
export async function setTraceTag(ctx: Ctx, { traceId, key, value }: { traceId: string; key: string; value: string }): Promise<void> {
  checkMutableTag(key, "set");
  checkTagKey(key);
  const trace = await requireTrace(ctx, traceId, "track");
  const text = cut(value, maxTagLength);
  if (key === traceName) await ctx.sql.query(`UPDATE "Trace" SET name = $2 WHERE seq = $1`, [trace.seq, text]);
  else await ctx.sql.query(`UPDATE "Trace" SET tags = tags || jsonb_build_object($2::text, $3::text) WHERE seq = $1`, [trace.seq, key, text]);
  announce(ctx, `experiment:${trace.experimentId}`);
}

/** @throws DomainError `not_found` for the trace or the tag. */
export async function deleteTraceTag(ctx: Ctx, { traceId, key }: { traceId: string; key: string }): Promise<void> {
  checkMutableTag(key, "deleted");
  const missing = new DomainError("not_found", `No trace tag with key '${key.slice(0, 250)}' for trace with ID '${traceId.slice(0, 100)}'`);
  const trace = await requireTrace(ctx, traceId, "track").catch((error: unknown) => {
    throw error instanceof DomainError && error.kind === "not_found" ? missing : error;
  });
  const { rowCount } =
    key === traceName
      ? await ctx.sql.query(`UPDATE "Trace" SET name = NULL WHERE seq = $1 AND name IS NOT NULL`, [trace.seq])
      : await ctx.sql.query(`UPDATE "Trace" SET tags = tags - $2::text WHERE seq = $1 AND tags ? $2::text`, [trace.seq, key]);
  if (!rowCount) throw missing;
  announce(ctx, `experiment:${trace.experimentId}`);
}
