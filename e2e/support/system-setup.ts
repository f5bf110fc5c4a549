import { startServer } from "./server";

/** One server for all system tests: open, with the example. */
export default async function setup({ provide }: { provide: (key: "server", value: { url: string; dataDir: string }) => void }) {
  const server = await startServer({ env: { FLOWBOOK_AUTH: "open", FLOWBOOK_LOG_LEVEL: "info" } });
  provide("server", { url: server.url, dataDir: server.dataDir });
  return () => server.stop();
}

declare module "vitest" {
  interface ProvidedContext {
    server: { url: string; dataDir: string };
  }
}
