import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { PrismaClient } from "@/generated/prisma/client";
import { env } from "./env";

/*
 * The one database client. Prisma for the ordinary; `sql` (pg) for the hot paths, whose statements stand in files of their own.
 * Next bundles a copy of this module of its own, hence the global: one pool a process, whoever asks.
 */

export type Db = PrismaClient;
/** What a Prisma transaction hands out; every verb that takes part in one accepts it. */
export type Tx = Omit<PrismaClient, "$connect" | "$disconnect" | "$on" | "$transaction" | "$extends">;

type Clients = { db: PrismaClient; /** Whether `db` was ever asked for anything. */ hasDb: () => boolean; sql: pg.Pool; walkSql: pg.Pool };
const holder = globalThis as { flowbookClients?: Clients };

/** Where a client connects to: the embedded PostgreSQL by its socket, any other by its address. */
export function addressOf(url: string, socketDir: string | undefined): pg.ClientConfig {
  if (!socketDir) return { connectionString: url };
  const { port, username, password, pathname } = new URL(url);
  return { host: socketDir, port: Number(port), user: decodeURIComponent(username), password: decodeURIComponent(password), database: decodeURIComponent(pathname.slice(1)) };
}

export function connect(url: string, socketDir?: string): Clients {
  // int8 as BigInt: MLflow's steps and times go past 2^53.
  const types = { getTypeParser: (oid: number, format?: "text" | "binary") => (oid === 20 ? BigInt : pg.types.getTypeParser(oid, format as "text")) } as pg.CustomTypesConfig;
  const config = { ...addressOf(url, socketDir), options: "-c jit=off", connectionTimeoutMillis: 10_000, keepAlive: true };
  const sql = new pg.Pool({ ...config, max: 12, types, statement_timeout: 60_000 });
  // An idle connection that breaks is replaced by the pool; without a listener its error would end the process.
  sql.on("error", () => {});
  // Walks of an index which stop at a page's end. Without these the planner, which thinks of whole tables or has no statistics yet,
  // may read all of them first.
  const walkOptions = ["jit", "enable_hashjoin", "enable_mergejoin", "enable_seqscan", "enable_bitmapscan"].map((name) => `-c ${name}=off`).join(" ");
  const walkSql = new pg.Pool({ ...config, options: `${walkOptions} -c max_parallel_workers_per_gather=0 -c plan_cache_mode=force_generic_plan`, max: 6, types, statement_timeout: 60_000 });
  walkSql.on("error", () => {});
  return { ...lazyPrisma(() => new PrismaClient({ adapter: new PrismaPg({ ...config, max: 12 }, { onPoolError: () => {} }) })), sql, walkSql };
}

/** Prisma's engine takes 100 MB and half a second of work; what is started and only logged to never needs it. */
function lazyPrisma(make: () => PrismaClient): { db: PrismaClient; hasDb: () => boolean } {
  let made: PrismaClient | undefined;
  const db = new Proxy({} as PrismaClient, {
    get: (_, name) => {
      made ??= make();
      const value: unknown = Reflect.get(made, name);
      return typeof value === "function" ? value.bind(made) : value;
    },
  });
  return { db, hasDb: () => made !== undefined };
}

function clients(): Clients {
  const url = env().databaseUrl;
  if (!url) throw new Error("DATABASE_URL is not set. Start by `npm start`, which starts PostgreSQL and sets it.");
  holder.flowbookClients ??= connect(url, env().databaseSocket);
  return holder.flowbookClients;
}

export const getDb = (): PrismaClient => clients().db;
export const getSql = (): pg.Pool => clients().sql;
/** For searches alone: connections that read indexes in order. */
export const getWalkSql = (): pg.Pool => clients().walkSql;

export async function disconnect() {
  const open = holder.flowbookClients;
  holder.flowbookClients = undefined;
  if (open?.hasDb()) await open.db.$disconnect();
  await open?.sql.end();
  await open?.walkSql.end();
}

const isRetryable = (error: unknown) => ["40P01", "40001"].includes((error as { code?: string }).code ?? "");

/**
 * Runs `work` on one connection between BEGIN and COMMIT; whatever it throws rolls back. A deadlock or a serialization failure
 * is tried again, at most three times, so `work` must do nothing but SQL.
 */
export async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      const result = await work(client);
      await client.query("COMMIT");
      client.release();
      return result;
    } catch (error) {
      const isUsable = await client.query("ROLLBACK").then(
        () => true,
        () => false,
      );
      client.release(!isUsable);
      if (attempt < 3 && isRetryable(error)) continue;
      throw error;
    }
  }
}
