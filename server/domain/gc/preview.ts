import type { Ctx } from "@/server/ctx";
import { experimentIsNeeded, experimentIsOld, modelIsNeeded, modelIsOld, runIsNeeded, runIsOld, type Scope } from "./candidates";
import type { GcReport } from "./types";

/** Counts what may go and what is kept, by the same conditions by which it goes. Changes nothing. */
export async function countCandidates(ctx: Ctx, scope: Scope, report: GcReport): Promise<void> {
  // An experiment takes its logged models and traces along, deleted or not.
  const goes = `NOT (${experimentIsNeeded}) AND ${experimentIsOld}`;
  // In the order of bytes, as the artifacts' roots are: two texts of different orders cannot be compared.
  const root = (uri: string) => `regexp_replace(${uri}, '^mlflow-artifacts:(//[^/]*)?/', '') COLLATE "C"`;
  const { rows } = await ctx.sql.query<Record<string, bigint>>(
    `WITH run AS MATERIALIZED (SELECT r."artifactUri" AS uri, ${runIsNeeded} AS needed FROM "Run" r JOIN "Experiment" e ON e.id = r."experimentId" WHERE ${runIsOld}),
     gone AS MATERIALIZED (SELECT e.id FROM "Experiment" e WHERE ${goes}),
     model AS MATERIALIZED (
       SELECT m."artifactUri" AS uri, ${modelIsNeeded} AS needed FROM "LoggedModel" m JOIN "Experiment" e ON e.id = m."experimentId"
       WHERE (${modelIsOld}) OR m."experimentId" IN (SELECT id FROM gone)),
     root AS (
       SELECT (${root("uri")}) AS root FROM run WHERE NOT needed
       UNION SELECT ${root("uri")} FROM model WHERE NOT needed
       UNION SELECT ${root(`t.tags ->> 'mlflow.artifactLocation'`)} FROM "Trace" t WHERE t."experimentId" IN (SELECT id FROM gone)),
     file AS (SELECT count(*) AS n, coalesce(sum(a."sizeBytes"), 0)::int8 AS bytes FROM "Artifact" a WHERE a.root IN (SELECT root FROM root))
     SELECT (SELECT count(*) FROM run WHERE NOT needed) AS runs, (SELECT count(*) FROM run WHERE needed) AS "keptRuns",
       (SELECT count(*) FROM model WHERE NOT needed) AS models, (SELECT count(*) FROM model WHERE needed) AS "keptModels",
       (SELECT count(*) FROM gone) AS experiments, (SELECT count(*) FROM "Experiment" e WHERE ${experimentIsOld} AND ${experimentIsNeeded}) AS "keptExperiments",
       file.n AS files, file.bytes FROM file`,
    scope,
  );
  const count = (name: string) => Number(rows[0]?.[name] ?? 0);
  if (report.isDryRun) {
    report.runs = count("runs");
    report.loggedModels = count("models");
    report.experiments = count("experiments");
    report.files = { count: count("files"), sizeBytes: count("bytes") };
  }
  report.kept = { runs: count("keptRuns"), loggedModels: count("keptModels"), experiments: count("keptExperiments") };
}
