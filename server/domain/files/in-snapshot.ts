import type pg from "pg";

/** Runs reads on one connection that all see the same moment. */
export async function inSnapshot<T>(sql: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await sql.connect();
  let isBroken = false;
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    return await work(client);
  } finally {
    await client.query("ROLLBACK").catch(() => {
      isBroken = true;
    });
    client.release(isBroken);
  }
}
