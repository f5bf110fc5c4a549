import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { getStore } from "@/server/storage";

export type KindOfStorage = { count: number; sizeBytes: number };
export type StorageUse = {
  kind: "disk" | "s3";
  /** A folder, or s3://bucket/prefix. */
  place: string;
  /** Of the artifacts' disk; null in S3. */
  freeBytes: number | null;
  artifacts: KindOfStorage;
  /** Runs of this workspace that are deleted and can still be restored; their artifacts are among the above. */
  deletedRuns: KindOfStorage;
  logs: KindOfStorage;
  environments: KindOfStorage;
  databaseBytes: number;
};

/** Where things are kept and how much there is, on the whole server. Owners only: it names a folder of the server. */
export async function storageUse(ctx: Ctx): Promise<StorageUse> {
  requireAccess(ctx, "administer");
  const store = getStore();
  const [{ rows }, freeBytes] = await Promise.all([
    ctx.sql.query<Record<string, bigint>>(
      `WITH gone AS (SELECT regexp_replace(r."artifactUri", '^mlflow-artifacts:(//[^/]*)?/', '') COLLATE "C" AS root FROM "Run" r JOIN "Experiment" e ON e.id = r."experimentId"
         WHERE r."lifecycleStage" = 'deleted' AND e."workspaceId" = $1)
       SELECT a.n AS artifacts, a.bytes AS "artifactBytes", l.n AS logs, l.bytes AS "logBytes", v.n AS environments, v.bytes AS "environmentBytes", pg_database_size(current_database()) AS "databaseBytes",
         (SELECT count(*) FROM gone) AS "deletedRuns", (SELECT coalesce(sum(x."sizeBytes"), 0)::int8 FROM "Artifact" x WHERE x.root IN (SELECT root FROM gone)) AS "deletedBytes"
       FROM (SELECT count(*) AS n, coalesce(sum("sizeBytes"), 0)::int8 AS bytes FROM "Artifact") a,
         (SELECT count(*) AS n, coalesce(sum("logBytes"), 0)::int8 AS bytes FROM "Job") l,
         (SELECT count(*) AS n, coalesce(sum("sizeBytes"), 0)::int8 AS bytes FROM "Environment" WHERE state = 'ready') v`,
      [ctx.workspaceId],
    ),
    store.freeBytes().catch(() => null),
  ]);
  const number = (name: string) => Number(rows[0]?.[name] ?? 0);
  const kind = (count: string, bytes: string): KindOfStorage => ({ count: number(count), sizeBytes: number(bytes) });
  return {
    kind: store.place.startsWith("s3://") ? "s3" : "disk",
    place: store.place,
    freeBytes,
    artifacts: kind("artifacts", "artifactBytes"),
    deletedRuns: kind("deletedRuns", "deletedBytes"),
    logs: kind("logs", "logBytes"),
    environments: kind("environments", "environmentBytes"),
    databaseBytes: number("databaseBytes"),
  };
}
