import { readFileSync } from "node:fs";
import { join } from "node:path";
import { env } from "@/server/env";

/** Versions such as "3.11.7" of the Pythons that environments can be built with, as the start found them; empty while unknown. */
export function listInterpreters(): string[] {
  try {
    const tools = JSON.parse(readFileSync(join(env().dataDir, "tools", "tools.json"), "utf8")) as { interpreters?: { version: string }[] };
    return (tools.interpreters ?? []).map((i) => i.version);
  } catch {
    return [];
  }
}
