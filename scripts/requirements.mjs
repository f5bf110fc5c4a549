// What the start cannot bring itself: each with how to get it.
import { spawnSync } from "node:child_process";

const version = (command, args, pattern) => {
  const r = spawnSync(command, args, { encoding: "utf8", timeout: 20_000 });
  return r.status === 0 ? (pattern.exec(`${r.stdout}${r.stderr}`)?.[1] ?? null) : null;
};
const atLeast = (found, wanted) => {
  const [a = 0, b = 0] = String(found).split(".").map(Number);
  return a > wanted[0] || (a === wanted[0] && b >= wanted[1]);
};

/** @returns {string[]} a line for each thing that is missing or too old, empty when all is there. */
export function missingRequirements({ needsCompiler }) {
  const missing = [];
  if (!atLeast(process.versions.node, [20, 19])) missing.push(`Node.js 20.19 or newer (this is ${process.versions.node}). Get it from nodejs.org or your version manager.`);
  const git = version("git", ["--version"], /(\d+\.\d+)/);
  if (!git || !atLeast(git, [2, 30])) missing.push(`git 2.30 or newer${git ? ` (this is ${git})` : ""}. On Debian and Ubuntu: apt-get install git`);
  const python = version("python3", ["-c", "import venv, sys; print('%d.%d' % sys.version_info[:2])"], /(\d+\.\d+)/);
  if (!python || !atLeast(python, [3, 8])) missing.push(`Python 3.8 or newer with venv, as python3${python ? ` (this is ${python})` : ""}. On Debian and Ubuntu: apt-get install python3 python3-venv python3-pip`);
  if (needsCompiler && !version("c++", ["--version"], /(\d+\.\d+)/) && !version("g++", ["--version"], /(\d+\.\d+)/)) missing.push("a C++ compiler and make. On Debian and Ubuntu: apt-get install build-essential");
  if (process.platform !== "linux") missing.push(`Linux (this is ${process.platform}). Use the docker-compose.yml on other systems.`);
  return missing;
}
