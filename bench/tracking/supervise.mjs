// Starts dist/ as it stands, as `npm start` does after its set-up. For `--dist`: no packages, tools or pages are brought up to date.
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const appDir = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
process.chdir(appDir);
const { supervise } = await import(pathToFileURL(join(process.env.FLOWBOOK_BENCH_DIST ?? join(appDir, "dist"), "main.mjs")).href);
try {
  await supervise({ progress: { stage() {}, done() {}, say: (line) => console.log(line) }, isDev: false });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
