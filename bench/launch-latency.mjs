/*
 * From POST …/launches to the first byte of the step's own output in the log that the API gives, one launch after the other.
 *   node bench/launch-latency.mjs http://127.0.0.1:3000 [--times 20]
 * Warm: an environment is built once before. `shell` has no environment; `python` starts Python in one, with click.
 */
import { api, authorization, machine, option, spread } from "./support.mjs";

const args = process.argv.slice(2);
const times = option(args, "--times", 20);
const base = (args[0] ?? "http://127.0.0.1:3000").replace(/\/$/, "");
const mark = "first-line-of-the-step";

const works = {
  shell: { MLproject: `name: bench\nentry_points:\n  main: {command: "echo ${mark}"}\n` },
  python: {
    MLproject: `name: bench\npython_env: python_env.yaml\nentry_points:\n  main: {command: "python main.py"}\n`,
    "python_env.yaml": "dependencies:\n  - click\n",
    "main.py": `import click\nclick.echo("${mark}")\n`,
  },
};

async function launchOnce(project, waitMs = 60_000) {
  const began = performance.now();
  const { launch } = await api(base, "POST", `/projects/${project}/launches`, {});
  let text = "";
  let offset = 0;
  while (performance.now() - began < waitMs) {
    const response = await fetch(`${base}/api/2.0/flowbook/launches/${launch.id}/log?offset=${offset}&wait_seconds=10`, { headers: authorization });
    if (!response.ok) throw new Error(`log: ${response.status} ${await response.text()}`);
    text += await response.text();
    offset = Number(response.headers.get("x-log-offset"));
    const isThere = text.includes(mark);
    if (isThere || response.headers.get("x-log-complete") === "true") {
      const firstMs = performance.now() - began;
      let ended = launch;
      while (!["finished", "failed", "stopped", "lost"].includes(ended.state)) ({ launch: ended } = await api(base, "GET", `/launches/${launch.id}?wait_seconds=20`));
      if (!isThere || ended.state !== "finished") throw new Error(`The launch ended ${ended.state}: ${ended.reason ?? ""}\n${text}`);
      return { firstMs, endedMs: performance.now() - began };
    }
  }
  throw new Error(`No output within ${waitMs / 1000} s:\n${text}`);
}

console.log(machine());
for (const [name, files] of Object.entries(works)) {
  const { project } = await api(base, "POST", "/projects", { name: `bench-${name}-${Date.now()}`, files });
  await launchOnce(project.id, 600_000);
  const all = [];
  for (let n = 0; n < times; n++) all.push(await launchOnce(project.id));
  console.log(`${name.padEnd(8)} to first output: ${spread(all.map((a) => a.firstMs))}`);
  console.log(`${"".padEnd(8)} to finished:     ${spread(all.map((a) => a.endedMs))}`);
  await api(base, "DELETE", `/projects/${project.id}`);
}
console.log(machine());
