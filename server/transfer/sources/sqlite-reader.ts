import { copyFileSync, existsSync, mkdtempSync, rmdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import sqlite from "node-sqlite3-wasm";
import type { Cell, Row, SqlReader } from "./sql-reader";

/**
 * Opens an SQLite file for reading only. A file with a write-ahead log is read from a copy beside its log, in the system's temporary
 * folder, as reading such a pair in place means writing to it.
 *
 * @throws Error in plain words when there is no such file, or a write to it was cut off.
 */
export function openSqlite(path: string): SqlReader {
  if (!existsSync(path)) throw new Error(`There is no file ${path}. Write sqlite:///relative/path or sqlite:////absolute/path.`);
  if (hasBytes(`${path}-journal`)) throw new Error(`A write to ${path} is under way or was cut off (${basename(path)}-journal is there). Stop the MLflow server, or start and stop it once, and try again.`);
  const { file, isCopy, remove } = hasBytes(`${path}-wal`) ? copyOf(path) : { file: path, isCopy: false, remove: () => {} };
  // The library's lock is a folder that nobody else looks at; one that a killed import left would shut us out.
  if (existsSync(`${file}.lock`)) rmdirSync(`${file}.lock`);
  const db = new sqlite.Database(file, isCopy ? { fileMustExist: true } : { readOnly: true });
  if (isCopy) db.exec("PRAGMA locking_mode = exclusive");
  const all = (sql: string, values: Cell[] = []) => db.all(sql, values) as Row[];
  try {
    all("SELECT count(*) AS n FROM sqlite_master");
  } catch (error) {
    db.close();
    remove();
    throw new Error(`${path} cannot be read as an SQLite database: ${error instanceof Error ? error.message : error}.`);
  }
  return {
    all: async (sql, values) => all(sql, values),
    async *pages({ columns, table, where, values, size }) {
      // By row number: the index on the run ends with it, so each page is a seek and no sort.
      for (let after: Cell = -1; ; ) {
        const rows: Row[] = all(`SELECT ${columns}, rowid AS row_number_ FROM ${table} WHERE ${where} AND rowid > ? ORDER BY rowid LIMIT ${size}`, [...values, after]);
        if (rows.length > 0) yield rows;
        if (rows.length < size) return;
        after = rows[rows.length - 1]?.row_number_ ?? null;
      }
    },
    columns: async (table) => new Set(all(`SELECT name FROM pragma_table_info(?)`, [table]).map((r) => String(r.name))),
    close: async () => {
      db.close();
      remove();
    },
  };
}

const hasBytes = (path: string) => existsSync(path) && statSync(path).size > 0;

function copyOf(path: string) {
  const folder = mkdtempSync(join(tmpdir(), "flowbook-import-"));
  const file = join(folder, "store.db");
  copyFileSync(path, file);
  copyFileSync(`${path}-wal`, `${file}-wal`);
  return { file, isCopy: true, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
