// `npm run check`: types, lint, import rules. Each runs to its end, so that one look shows everything.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const bin = (name) => join("node_modules", ".bin", name);
let failed = 0;

function step(name, command, args) {
  const began = Date.now();
  const r = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 << 20 });
  const ok = r.status === 0;
  process.stdout.write(`${ok ? "✓" : "✗"} ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)\n`);
  if (!ok) {
    failed++;
    process.stdout.write(`${r.stdout}${r.stderr}\n`);
  }
  return r;
}

/** Every source file of the rooms; the import check must have read them all, as one that reads nothing reports success. */
function sources(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).filter((e) => e.isFile() && /\.tsx?$/.test(e.name)).length;
}

export const rooms = ["app", "components", "common", "server"];

step("types", bin("tsc"), ["--noEmit"]);
step("lint", bin("biome"), ["lint", "--error-on-warnings", "--max-diagnostics=200"]);
const cruise = step("import rules", bin("depcruise"), ["--config", ".dependency-cruiser.cjs", "--output-type", "err", ...rooms]);
const read = Number(/\((\d+) modules/.exec(cruise.stdout)?.[1] ?? 0);
const wanted = rooms.reduce((n, room) => n + sources(room), 0);
if (read < wanted) {
  failed++;
  process.stdout.write(`✗ the import check read ${read} modules of ${wanted} source files\n`);
}
process.exit(failed ? 1 : 0);
