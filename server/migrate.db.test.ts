import { expect, test } from "vitest";
import { env } from "./env";
import { migrate, schemaSql } from "./migrate";
import { aWorkspace } from "./testing";

test("the migrations make exactly the records of the schema", async () => {
  await aWorkspace();
  const url = env().databaseUrl ?? "";
  const drift = (await schemaSql(process.cwd(), url, "database")).replace(/--.*$/gm, "").trim();
  // Indexes that Prisma's language cannot say stand in SQL alone; the engine would drop them.
  const rest = drift.split(";").map((s) => s.trim()).filter((s) => s && !/DROP INDEX "(File_projectId_path_live_key|Trace_sourceRun_idx|Project_workspaceId_name_live_key)"/.test(s));
  expect(rest).toEqual([]);
});

test("a second call has nothing to do", async () => {
  expect(await migrate(process.cwd(), env().databaseUrl ?? "")).toEqual([]);
});
