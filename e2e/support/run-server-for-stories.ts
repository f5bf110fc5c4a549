/* For writing stories: keeps one server up and writes test-results/server.json and owner.json. Then: FLOWBOOK_E2E_SERVER=1 npx playwright test <file>. */
import globalSetup from "./global-setup";

const stop = await globalSetup();
process.stdout.write("The server for stories is up; Ctrl-C stops it.\n");
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop?.().then(() => process.exit(0)));
