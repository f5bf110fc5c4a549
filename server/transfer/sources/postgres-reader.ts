import pg from "pg";
import type { Cell, Row, SqlReader } from "./sql-reader";

const types = {
  // int8 as text: BigInt() and Number() both take it.
  getTypeParser: (oid: number, format?: "text" | "binary") => (oid === 20 ? (v: string) => v : pg.types.getTypeParser(oid, format as "text")),
} as pg.CustomTypesConfig;

/** Opens a store in PostgreSQL; each connection is read only. @throws Error in plain words when it cannot be reached. */
export async function openPostgres(url: string): Promise<SqlReader> {
  const pool = new pg.Pool({ connectionString: url.replace(/^postgres(ql)?\+\w+:/, "postgresql:"), options: "-c default_transaction_read_only=on", max: 6, types, connectionTimeoutMillis: 15_000 });
  pool.on("error", () => {});
  const all = async (sql: string, values: Cell[] = []) => (await pool.query<Row>(numbered(sql), values)).rows;
  await all("SELECT 1").catch(async (error: Error) => {
    await pool.end();
    throw new Error(`The store in PostgreSQL cannot be reached: ${error.message || "no answer"}.`);
  });
  return {
    all,
    async *pages({ columns, table, where, values, size }) {
      const client = await pool.connect();
      let isWhole = false;
      try {
        await client.query("BEGIN READ ONLY");
        await client.query(`DECLARE page NO SCROLL CURSOR FOR SELECT ${columns} FROM ${table} WHERE ${numbered(where)}`, values);
        for (;;) {
          const { rows } = await client.query<Row>(`FETCH ${size} FROM page`);
          if (rows.length > 0) yield rows;
          if (rows.length < size) break;
        }
        await client.query("COMMIT");
        isWhole = true;
      } finally {
        client.release(!isWhole);
      }
    },
    columns: async (table) => new Set((await all(`SELECT column_name FROM information_schema.columns WHERE table_name = ? AND table_schema = ANY(current_schemas(false))`, [table])).map((r) => String(r.column_name))),
    close: () => pool.end(),
  };
}

function numbered(sql: string): string {
  let n = 0;
  return sql.replace(/\?/g, () => `$${++n}`);
}
