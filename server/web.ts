import { type IncomingMessage, Server, type ServerResponse } from "node:http";
import type { NextServerOptions } from "next/dist/server/next";
import { flushAnnouncements, stopListening } from "./changes";
import { disconnect, getSql } from "./db";
import { ensureExample } from "./domain/projects";
import { ensureDefaultExperiment } from "./domain/experiments";
import { startDeliveries } from "./domain/webhooks";
import { getSystemCtx } from "./auth";
import { env } from "./env";
import { isDatabaseAway } from "./errors";
import { attachSockets, createListener } from "./http";
import { log } from "./log";
import { closeAllSockets, drainRooms } from "./realtime";

type RequestHandler = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

/** Next is prepared when the first page is asked for: a server that is only logged to needs neither its time nor its memory. */
function preparePages(options: NextServerOptions): () => Promise<RequestHandler> {
  let prepared: Promise<RequestHandler> | undefined;
  const prepare = async () => {
    const { default: next } = await import("next");
    const app = next(options);
    await app.prepare();
    return app.getRequestHandler();
  };
  return () => {
    prepared ??= prepare();
    prepared.catch(() => {
      prepared = undefined;
    });
    return prepared;
  };
}

/** When both were killed, the database is the later one: to wait for it is quicker than to end and be started again. */
async function untilDatabaseAnswers(): Promise<void> {
  for (let left = 300; ; left--) {
    try {
      await getSql().query("SELECT 1");
      return;
    } catch (error) {
      if (!isDatabaseAway(error) || left === 0) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

/** The web process: pages, tRPC, MLflow's REST API, our own, sockets. It holds no state that matters. */
export async function main(): Promise<void> {
  const { host, port, isDev, appDir, withExample } = env();
  await untilDatabaseAnswers();
  const ctx = await getSystemCtx();
  await ensureDefaultExperiment(ctx);
  if (withExample) await ensureExample(ctx);

  // Next attaches an upgrade listener to whatever server it is shown; a dummy keeps it away from our sockets.
  const shown = new Server();
  const pages = preparePages({ dev: isDev, dir: appDir, hostname: host, port, httpServer: shown });
  if (isDev) await pages();
  const server = createListener(async (req, res) => (await pages())(req, res));
  attachSockets(server, isDev ? (req, socket, head) => shown.emit("upgrade", req, socket, head) : undefined);
  await new Promise<void>((done, fail) => server.once("error", fail).listen(port, host, done));
  log.info({ host, port }, "web listens");
  const stopDeliveries = startDeliveries(ctx);
  process.send?.({ type: "ready" });

  let isStopping = false;
  const stop = async (why: string) => {
    if (isStopping) return;
    isStopping = true;
    log.info({ why }, "web stops");
    // Whatever hangs does not hold the stop for longer than this.
    setTimeout(() => process.exit(1), 8_000).unref();
    server.close();
    stopDeliveries();
    await drainRooms();
    closeAllSockets();
    server.closeIdleConnections();
    await flushAnnouncements(getSql()).catch(() => {});
    await stopListening();
    setTimeout(() => server.closeAllConnections(), 2_000).unref();
    await disconnect();
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop("SIGTERM"));
  process.on("SIGINT", () => void stop("SIGINT"));
}
