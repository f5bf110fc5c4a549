/*
 * From `npm start` to "Flowbook is ready", on a data folder that was started before.
 *   FLOWBOOK_DATA=/tmp/x FLOWBOOK_PORT=43400 FLOWBOOK_AUTH=open node bench/start-up.mjs [--times 5]
 * The first start, which sets up, is done and left out of the figure.
 */
import { spawn } from "node:child_process";
import { machine, option, spread } from "./support.mjs";

const times = option(process.argv.slice(2), "--times", 5);
if (!process.env.FLOWBOOK_DATA) throw new Error("Set FLOWBOOK_DATA to a folder for this: the start makes a database in it.");

async function startAndStop() {
  const began = performance.now();
  const child = spawn("npm", ["start"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((done) => child.once("exit", done));
  let said = "";
  const readyMs = await new Promise((done, fail) => {
    child.stdout.on("data", (chunk) => {
      said += chunk;
      if (said.includes("Flowbook is ready")) done(performance.now() - began);
    });
    child.once("exit", (code) => fail(new Error(`npm start ended with ${code}:\n${said}`)));
  });
  child.kill("SIGTERM");
  await ended;
  return readyMs;
}

await startAndStop();
console.log(machine());
const all = [];
for (let n = 0; n < times; n++) all.push(await startAndStop());
console.log(`npm start to ready, second start and later: ${spread(all)}`);
console.log(machine());
