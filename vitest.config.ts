import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig({
  resolve: { alias: { "@": root.replace(/\/$/, "") } },
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: "unit", include: ["{common,server,components,scripts,app}/**/*.test.{ts,tsx}"], exclude: ["**/*.db.test.ts", "**/*.sandbox.test.ts"] } },
      { extends: true, test: { name: "database", include: ["server/**/*.db.test.ts", "e2e/differential/**/*.db.test.ts"], globalSetup: ["server/testing/global-setup.ts"], setupFiles: ["server/testing/set-up-file.ts"] } },
      { extends: true, test: { name: "sandbox", include: ["server/**/*.sandbox.test.ts"], globalSetup: ["server/testing/global-setup.ts"], setupFiles: ["server/testing/set-up-file.ts"], testTimeout: 120_000 } },
      { extends: true, test: { name: "system", include: ["e2e/system/**/*.test.ts", "e2e/clients/**/*.test.ts"], globalSetup: ["e2e/support/system-setup.ts"], testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false } },
      // What the system project runs of the clients, in full and against an empty server: `npm run test:clients`.
      { extends: true, test: { name: "clients", include: ["e2e/clients/**/*.test.ts"], globalSetup: ["e2e/support/clients-setup.ts"], testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false } },
    ],
  },
});
