import type { FileOwner, Source, SourceExperiment, SourceFile, SourceRun, Tally } from "../types";
import { type LocalFiles, localFiles } from "./local-files";
import { readLoggedModels } from "./sql-logged-models";
import { type Cell, listOf, num, numOrNull, type Row, type SqlReader, type SqlStore, text, toPoint } from "./sql-reader";
import { readRegisteredModels } from "./sql-registry";
import { readRuns } from "./sql-runs";

const pageOfRuns = 100;
const pageOfPoints = 20_000;

const tables = [
  "experiments", "experiment_tags", "runs", "params", "tags", "metrics", "latest_metrics", "inputs", "input_tags", "datasets", "logged_models", "logged_model_params", "logged_model_tags",
  "logged_model_metrics", "registered_models", "registered_model_tags", "registered_model_aliases", "model_versions", "model_version_tags",
];

export type SqlSourceOptions = { reader: SqlReader; label: string; artifactsRoot: string | undefined; workspace: string };

/**
 * MLflow's own tables, of 2.x and 3.x: what an older store lacks reads as empty.
 *
 * @throws Error when there are no such tables, or they are of 1.x.
 */
export async function openSqlSource({ reader, label, artifactsRoot, workspace }: SqlSourceOptions): Promise<Source> {
  const columns = new Map<string, Set<string>>();
  for (const table of tables) columns.set(table, await reader.columns(table));
  const has = (table: string, column?: string) => (column ? (columns.get(table)?.has(column) ?? false) : (columns.get(table)?.size ?? 0) > 0);
  if (!has("experiments") || !has("runs")) {
    await reader.close();
    throw new Error(`${label} is no MLflow tracking store: it has no tables 'experiments' and 'runs'.`);
  }
  if (!has("metrics", "is_nan") || !has("latest_metrics")) {
    await reader.close();
    throw new Error(`${label} was made by MLflow 1.x. Bring it up by "mlflow db upgrade" first.`);
  }
  return new SqlSource({ reader, has, workspace }, label, localFiles(artifactsRoot));
}

class SqlSource implements Source {
  constructor(
    private readonly store: SqlStore,
    readonly label: string,
    private readonly local: LocalFiles,
  ) {}

  async *experiments(wanted: string[]): AsyncIterable<SourceExperiment> {
    const { reader, has, workspace } = this.store;
    const optional = (column: string) => (has("experiments", column) ? column : `NULL AS ${column}`);
    const rows = await reader.all(
      `SELECT experiment_id, name, artifact_location, lifecycle_stage, ${optional("creation_time")}, ${optional("last_update_time")} FROM experiments
       ${has("experiments", "workspace") ? "WHERE workspace = ?" : ""} ORDER BY experiment_id`,
      has("experiments", "workspace") ? [workspace] : [],
    );
    for (const name of wanted) {
      if (!rows.some((r) => isNamed(r, name))) throw new Error(`${this.label} has no experiment '${name}'.`);
    }
    for (const r of rows) {
      if (wanted.length > 0 && !wanted.some((name) => isNamed(r, name))) continue;
      const tags = await reader.all(`SELECT key, value FROM experiment_tags WHERE experiment_id = ? ORDER BY key`, [r.experiment_id ?? null]);
      yield {
        id: text(r.experiment_id),
        name: text(r.name),
        artifactLocation: text(r.artifact_location),
        lifecycleStage: r.lifecycle_stage === "deleted" ? "deleted" : "active",
        creationTimeMs: numOrNull(r.creation_time),
        lastUpdateTimeMs: numOrNull(r.last_update_time),
        tags: tags.map((t) => ({ key: text(t.key), value: text(t.value) })),
      };
    }
  }

  async *runs(experimentId: string): AsyncIterable<SourceRun[]> {
    for (let after = ""; ; ) {
      const page: Row[] = await this.store.reader.all(`SELECT * FROM runs WHERE experiment_id = ? AND run_uuid > ? ORDER BY run_uuid LIMIT ${pageOfRuns}`, [Number(experimentId), after]);
      if (page.length > 0) yield await readRuns(this.store, page);
      if (page.length < pageOfRuns) return;
      after = text(page[page.length - 1]?.run_uuid);
    }
  }

  async *points(run: SourceRun) {
    const pages = this.store.reader.pages({ columns: "key, value, step, timestamp, is_nan", table: "metrics", where: "run_uuid = ?", values: [run.id], size: pageOfPoints });
    for await (const rows of pages) yield rows.map(toPoint);
  }

  loggedModels(experimentId: string) {
    return readLoggedModels(this.store, experimentId);
  }

  registeredModels() {
    return readRegisteredModels(this.store);
  }

  files(owner: FileOwner): AsyncIterable<SourceFile> | null {
    return this.local.files(owner);
  }

  openFile(owner: FileOwner, path: string) {
    return this.local.open(owner, path);
  }

  async count(wanted: string[]): Promise<Partial<Tally>> {
    const ids: Cell[] = [];
    for await (const e of this.experiments(wanted)) ids.push(Number(e.id));
    if (ids.length === 0) return {};
    const { reader, has } = this.store;
    const runs = `SELECT run_uuid FROM runs WHERE experiment_id IN ${listOf(ids)}`;
    const one = async (sql: string) => num((await reader.all(sql, ids))[0]?.n);
    return {
      experiments: ids.length,
      runs: await one(`SELECT count(*) AS n FROM (${runs}) r`),
      params: await one(`SELECT count(*) AS n FROM params WHERE run_uuid IN (${runs})`),
      tags: await one(`SELECT count(*) AS n FROM tags WHERE run_uuid IN (${runs})`),
      metricPoints: await one(`SELECT count(*) AS n FROM metrics WHERE run_uuid IN (${runs})`),
      loggedModels: has("logged_models") ? await one(`SELECT count(*) AS n FROM logged_models WHERE experiment_id IN ${listOf(ids)}`) : 0,
    };
  }

  close(): Promise<void> {
    return this.store.reader.close();
  }
}

const isNamed = (row: Row, name: string) => text(row.name) === name || text(row.experiment_id) === name;
