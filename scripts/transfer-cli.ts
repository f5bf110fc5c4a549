/* What the three commands that move stores have in common. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs, type ParseArgsConfig } from "node:util";

export const say = (line: string) => process.stdout.write(`${line}\n`);

export type Auth = { username?: string; password?: string; token?: string };

/** The names that MLflow's own clients read. */
export const authOf = (prefix = "MLFLOW_TRACKING"): Auth => ({ username: process.env[`${prefix}_USERNAME`], password: process.env[`${prefix}_PASSWORD`], token: process.env[`${prefix}_TOKEN`] });

/** The options as given; ends the process with the usage when they are wrong or asked for. */
export function readOptions<T extends NonNullable<ParseArgsConfig["options"]>>(usage: string, options: T, required: string[]) {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: "boolean" } }, strict: true, allowPositionals: false });
    const given = values as Record<string, unknown>;
    if (given.help) {
      say(usage);
      process.exit(0);
    }
    for (const name of required) if (!given[name]) throw new Error(`--${name} is missing.`);
    return values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}\n`);
    process.exit(2);
  }
}

/** Points this process at the database and the artifacts of the Flowbook on FLOWBOOK_DATA, which may be running. */
export function useFlowbookData(): void {
  const data = process.env.FLOWBOOK_DATA || "data";
  const file = join(data, "secrets", "database-url");
  if (!process.env.DATABASE_URL && existsSync(file)) process.env.DATABASE_URL = readFileSync(file, "utf8").trim();
  if (!process.env.DATABASE_URL) throw new Error(`There is no Flowbook on ${data} yet. Start it once by npm start, with FLOWBOOK_DATA as here, or set DATABASE_URL.`);
  process.env.FLOWBOOK_LOG_LEVEL ||= "error";
}

/** Keeps a report in a file, when one is named. */
export const reportTo = (file: string | undefined) => (text: string) => {
  if (file) writeFileSync(file, text);
};

/** Ctrl-C: the first asks the work to stop where it can go on later, the second ends at once. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  let firstMs = 0;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      // npm hands a Ctrl-C on that the terminal has sent already.
      if (stop.signal.aborted && Date.now() - firstMs < 1_000) return;
      if (stop.signal.aborted) process.exit(130);
      firstMs = Date.now();
      say("Stopping after what is under way; once more to stop at once.");
      stop.abort();
    });
  }
  return stop.signal;
}

/** Runs the work and ends the process: 0 all well, 1 not, 130 stopped by a person. */
export async function endWith(work: () => Promise<boolean>, goOn: string): Promise<never> {
  try {
    process.exit((await work()) ? 0 : 1);
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (name === "Interrupted") {
      say(`Stopped. ${goOn}`);
      process.exit(130);
    }
    process.stderr.write(`${inWords(error)}\n${goOn}\n`);
    process.exit(1);
  }
}

function inWords(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  if (code === "ECONNREFUSED" || /ECONNREFUSED/.test(message ?? "")) return `Nobody answers there${message ? ` (${message})` : ""}. When it is Flowbook's own database: start Flowbook by npm start; the import works beside it.`;
  return message || String(error);
}
