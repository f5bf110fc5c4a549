import { startServer } from "./server";

/** A fresh, empty server for the clients, as somebody who moves from MLflow would start it. */
export default async function setup({ provide }: { provide: (key: "server", value: { url: string; dataDir: string }) => void }) {
  const server = await startServer({ env: { FLOWBOOK_AUTH: "open", FLOWBOOK_EXAMPLE: "0", FLOWBOOK_LOG_LEVEL: "info" } });
  provide("server", { url: server.url, dataDir: server.dataDir });
  return () => server.stop();
}
