import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import pg from "pg";

/*
 * Prisma's schema engine as WebAssembly, from the official package: nothing is downloaded at start (docs/decisions).
 */

type Engine = {
  applyMigrations: (input: unknown) => Promise<{ appliedMigrationNames: string[] }>;
  diff: (input: unknown) => Promise<{ stdout: string | null }>;
};

const filters = { externalTables: [], externalEnums: [] };

/** Loaded when there is something to migrate, which at most starts there is not. */
async function loadAdapter() {
  const [{ PrismaPg }, utils] = await Promise.all([import("@prisma/adapter-pg"), import("@prisma/driver-adapter-utils")]);
  return { PrismaPg, ...utils };
}
type Adapter = Awaited<ReturnType<typeof loadAdapter>>;

/** One connection, whose answers give the catalog's "char" columns a type that the engine knows (the adapter has none for OID 18). */
function adapterFactory({ PrismaPg, ColumnTypeEnum }: Adapter, url: string, onConnect: (close: () => Promise<void>) => void) {
  const u = new URL(url);
  const config = { host: u.hostname, port: Number(u.port || 5432), user: decodeURIComponent(u.username), password: decodeURIComponent(u.password), database: u.pathname.slice(1), max: 1 };
  const factory = new PrismaPg(config);
  const columnTypes = columnTypesOf(ColumnTypeEnum);
  const connect = async () => {
    const adapter = await factory.connect();
    const driver = adapter.underlyingDriver();
    onConnect(() => adapter.dispose());
    const queryRaw: typeof adapter.queryRaw = async (query) => {
      const result = await driver.query({ text: query.sql, values: query.args as unknown[], rowMode: "array", types: { getTypeParser: () => (v: string) => v } as unknown as pg.CustomTypesConfig });
      const types = result.fields.map((f: pg.FieldDef) => columnTypes[f.dataTypeID] ?? ColumnTypeEnum.Text);
      return { columnNames: result.fields.map((f: pg.FieldDef) => f.name), columnTypes: types, rows: result.rows.map((row: (string | null)[]) => row.map((v, i) => cell(ColumnTypeEnum, v, types[i] ?? ColumnTypeEnum.Text))) };
    };
    return Object.assign(adapter, { queryRaw });
  };
  return {
    provider: "postgres" as const,
    adapterName: "@prisma/adapter-pg",
    connect,
    connectToShadowDb: () => Promise.reject(new Error("no shadow database is used")),
  };
}

type Types = Adapter["ColumnTypeEnum"];

const columnTypesOf = (ColumnTypeEnum: Types): Record<number, Types[keyof Types]> => ({
  16: ColumnTypeEnum.Boolean, 18: ColumnTypeEnum.Character, 20: ColumnTypeEnum.Int64, 21: ColumnTypeEnum.Int32, 23: ColumnTypeEnum.Int32,
  26: ColumnTypeEnum.Int64, 700: ColumnTypeEnum.Float, 701: ColumnTypeEnum.Double, 1700: ColumnTypeEnum.Numeric, 1003: ColumnTypeEnum.TextArray,
  1009: ColumnTypeEnum.TextArray, 1002: ColumnTypeEnum.CharacterArray, 1114: ColumnTypeEnum.DateTime, 1184: ColumnTypeEnum.DateTime,
});

function cell(ColumnTypeEnum: Types, value: string | null, type: number): unknown {
  if (value === null) return null;
  if (type === ColumnTypeEnum.Boolean) return value === "t";
  if (type === ColumnTypeEnum.Int32 || type === ColumnTypeEnum.Float || type === ColumnTypeEnum.Double) return Number(value);
  // The engine reads RFC 3339: `2026-01-31 12:00:00.5+00` → `2026-01-31T12:00:00.5+00:00`.
  if (type === ColumnTypeEnum.DateTime) return value.replace(" ", "T").replace(/(?:([+-]\d\d)(:\d\d)?)?$/, (_, hours = "+00", minutes = ":00") => `${hours}${minutes}`);
  if (type === ColumnTypeEnum.TextArray || type === ColumnTypeEnum.CharacterArray) return value.slice(1, -1).split(",").filter(Boolean).map((v) => v.replace(/^"(.*)"$/, "$1"));
  return value;
}

/** Lets `work` have the engine; its connections are closed afterwards. */
async function withEngine<T>(appDir: string, url: string, work: (engine: Engine) => Promise<T>): Promise<T> {
  const closers: (() => Promise<void>)[] = [];
  try {
    return await work(await openEngine(appDir, url, (close) => closers.push(close)));
  } finally {
    for (const close of closers) await close().catch(() => {});
  }
}

async function openEngine(appDir: string, url: string, onConnect: (close: () => Promise<void>) => void): Promise<Engine> {
  const adapter = await loadAdapter();
  const require = createRequire(join(appDir, "package.json"));
  const path = require.resolve("@prisma/schema-engine-wasm/schema_engine_bg");
  const bg = await import(path);
  const bytes = readFileSync(path.replace(/\.js$/, ".wasm"));
  const { instance } = await WebAssembly.instantiate(bytes, { "./schema_engine_bg.js": bg });
  bg.__wbg_set_wasm(instance.exports);
  const begin = instance.exports.__wbindgen_start;
  if (typeof begin === "function") begin();
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: () => {} } });
  return bg.SchemaEngine.new({ datamodels: schemaFiles(appDir) }, () => {}, adapter.bindMigrationAwareSqlAdapterFactory(adapterFactory(adapter, url, onConnect)));
}

const schemaFiles = (appDir: string): [string, string][] => [["schema.prisma", readFileSync(join(appDir, "prisma/schema.prisma"), "utf8")]];

function migrationsList(appDir: string) {
  const base = join(appDir, "prisma/migrations");
  const names = existsSync(base) ? readdirSync(base, { withFileTypes: true }).filter((e) => e.isDirectory()).map((e) => e.name).sort() : [];
  return {
    baseDir: base,
    lockfile: { path: "migration_lock.toml", content: 'provider = "postgresql"\n' },
    shadowDbInitScript: "",
    migrationDirectories: names.map((name) => ({ path: name, migrationFile: { path: "migration.sql", content: { tag: "ok", value: readFileSync(join(base, name, "migration.sql"), "utf8") } } })),
  };
}

/**
 * Brings the database up to this version's records; several servers that start at once take turns. Costs one query when nothing is to do.
 *
 * @returns the names of what was applied, in order.
 * @throws Error in the engine's words; and when the database was made by a newer Flowbook.
 */
export async function migrate(appDir: string, url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("SELECT pg_advisory_lock(7263519)");
    const list = migrationsList(appDir);
    const known = new Map(list.migrationDirectories.map((m) => [m.path, createHash("sha256").update(m.migrationFile.content.value).digest("hex")]));
    const { rows: [table] } = await client.query("SELECT to_regclass('public._prisma_migrations') AS name");
    if (table?.name) {
      const { rows } = await client.query("SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL");
      const newer = rows.filter((r) => !known.has(r.migration_name)).map((r) => r.migration_name);
      if (newer.length) throw new Error(`The database was brought up by a newer Flowbook (${newer.join(", ")}). Start that version, or restore an older copy of the data.`);
      const isDone = rows.length === known.size && rows.every((r) => r.finished_at && known.get(r.migration_name) === r.checksum);
      if (isDone) return [];
    }
    const { appliedMigrationNames } = await withEngine(appDir, url, (engine) => engine.applyMigrations({ migrationsList: list, filters }));
    return appliedMigrationNames;
  } finally {
    await client.end();
  }
}

/** The SQL that makes the records of prisma/schema.prisma from nothing, or from what the database holds; for writing a migration. */
export async function schemaSql(appDir: string, url: string, from: "empty" | "database"): Promise<string> {
  const files = schemaFiles(appDir).map(([path, content]) => ({ path, content }));
  const { stdout } = await withEngine(appDir, url, (engine) =>
    engine.diff({
      from: from === "empty" ? { tag: "empty" } : { tag: "schemaDatasource", files, configDir: appDir },
      to: { tag: "schemaDatamodel", files, configDir: appDir },
      script: true, exitCode: null, shadowDatabaseUrl: null, filters,
    }),
  );
  return stdout ?? "";
}
