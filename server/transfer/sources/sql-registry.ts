import type { SourceRegisteredModel } from "../types";
import { num, type Row, type SqlStore, text, textOrNull } from "./sql-reader";

/** MLflow keeps a deleted version's row under this stage, so that its number is not given again. */
const deletedStage = "Deleted_Internal";

export async function* readRegisteredModels({ reader, has, workspace }: SqlStore): AsyncIterable<SourceRegisteredModel> {
  if (!has("registered_models")) return;
  const within = (table: string) => (has(table, "workspace") ? { sql: " AND workspace = ?", values: [workspace] } : { sql: "", values: [] });
  const of = (table: string, columns: string, name: string, order: string) => {
    const { sql, values } = within(table);
    return has(table) ? reader.all(`SELECT ${columns} FROM ${table} WHERE name = ?${sql} ORDER BY ${order}`, [name, ...values]) : Promise.resolve([] as Row[]);
  };
  const { sql, values } = within("registered_models");
  for (const m of await reader.all(`SELECT * FROM registered_models WHERE 1 = 1${sql} ORDER BY name`, values)) {
    const name = text(m.name);
    const versions = await of("model_versions", "*", name, "version");
    const versionTags = await of("model_version_tags", "key, value, version", name, "version, key");
    yield {
      name,
      description: textOrNull(m.description) || null,
      creationTimeMs: num(m.creation_time),
      lastUpdatedTimeMs: num(m.last_updated_time),
      tags: (await of("registered_model_tags", "key, value", name, "key")).map((t) => ({ key: text(t.key), value: text(t.value) })),
      aliases: (await of("registered_model_aliases", "alias, version", name, "alias")).map((a) => ({ alias: text(a.alias), version: num(a.version) })),
      versions: versions.map((v) => ({
        version: num(v.version),
        creationTimeMs: num(v.creation_time),
        lastUpdatedTimeMs: num(v.last_updated_time),
        description: text(v.description),
        userId: textOrNull(v.user_id),
        stage: v.current_stage === deletedStage ? "None" : text(v.current_stage) || "None",
        source: text(v.source),
        storageLocation: textOrNull(v.storage_location),
        runId: text(v.run_id),
        runLink: text(v.run_link),
        status: text(v.status) || "READY",
        isDeleted: v.current_stage === deletedStage,
        tags: versionTags.filter((t) => num(t.version) === num(v.version)).map((t) => ({ key: text(t.key), value: text(t.value) })),
      })),
    };
  }
}
