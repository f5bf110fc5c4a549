import { cp, mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { env } from "./env";
import { migrate } from "./migrate";
import { aWorkspace } from "./testing";

// In a file of its own: the engine is opened once in a process, and the database is a newer version's afterwards.
test("a database of an older version gets what is new", async () => {
  await aWorkspace();
  const appDir = await mkdtemp(join(tmpdir(), "flowbook-newer-"));
  await cp("prisma", join(appDir, "prisma"), { recursive: true });
  await symlink(join(process.cwd(), "node_modules"), join(appDir, "node_modules"));
  const next = join(appDir, "prisma/migrations/99991231000000_next");
  await mkdir(next);
  await writeFile(join(next, "migration.sql"), "CREATE TABLE next (id int);");
  expect(await migrate(appDir, env().databaseUrl ?? "")).toEqual(["99991231000000_next"]);
});
