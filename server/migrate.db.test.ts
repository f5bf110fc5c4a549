import { cp, mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { env } from "./env";
import { migrate, schemaSql } from "./migrate";
import { aWorkspace } from "./testing";

test("the migrations make exactly the records of the schema", async () => {
  await aWorkspace();
  const url = env().databaseUrl ?? "";
  const drift = (await schemaSql(process.cwd(), url, "database")).replace(/--.*$/gm, "").trim();
  // Indexes that Prisma's language cannot say stand in SQL alone; the engine would drop them.
  const rest = drift.split(";").map((s) => s.trim()).filter((s) => s && !/DROP INDEX "(File_projectId_path_live_key|Project_workspaceId_name_live_key)"/.test(s));
  expect(rest).toEqual([]);
});

test("a second call has nothing to do", async () => {
  expect(await migrate(process.cwd(), env().databaseUrl ?? "")).toEqual([]);
});

// The last in this file: the database is a newer one's afterwards.
test("a database of an older version gets what is new", async () => {
  const appDir = await mkdtemp(join(tmpdir(), "flowbook-newer-"));
  await cp("prisma", join(appDir, "prisma"), { recursive: true });
  await symlink(join(process.cwd(), "node_modules"), join(appDir, "node_modules"));
  const next = join(appDir, "prisma/migrations/99991231000000_next");
  await mkdir(next);
  await writeFile(join(next, "migration.sql"), "CREATE TABLE next (id int);");
  expect(await migrate(appDir, env().databaseUrl ?? "")).toEqual(["99991231000000_next"]);
});
