import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { CreateMultipartUploadCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type S3ForTests, startVersitygw } from "@/e2e/support/versitygw";
import type { Ctx } from "@/server/ctx";
import { env } from "@/server/env";
import { getStore } from "@/server/storage";
import { aWorkspace } from "@/server/testing";
import { deleteByProxyPath, listArtifacts, openArtifact, putArtifact } from "../artifacts";
import { createExperiment } from "../experiments";
import { createRun, deleteRun } from "../runs";
import { collectGarbage, storageUse } from ".";

/* Artifacts and their clean-up as a whole, on a real S3 service. */

const MiB = 1024 * 1024;
let s3: S3ForTests;
let ctx: Ctx;
let runId: string;
let experimentId: number;

beforeAll(async () => {
  s3 = await startVersitygw();
  vi.stubEnv("AWS_ACCESS_KEY_ID", s3.accessKeyId);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", s3.secretAccessKey);
  Object.assign(env(), { artifacts: { kind: "s3", bucket: s3.bucket, prefix: "team", endpoint: s3.endpoint, region: undefined } });
  ctx = await aWorkspace();
  ({ experimentId } = await createExperiment(ctx, { name: "e" }));
  runId = (await createRun(ctx, { experimentId })).id;
}, 16 * 60_000);
afterAll(() => s3?.stop());

const put = (path: string, bytes: Buffer | Readable) => putArtifact(ctx, { runId, path, stream: Buffer.isBuffer(bytes) ? Readable.from([bytes]) : bytes });
const stored = async () => {
  const keys: string[] = [];
  for await (const page of getStore().list({ except: [] })) keys.push(...page.map((o) => o.key));
  return keys.sort();
};
const named = async () => (await ctx.sql.query<{ storeKey: string }>(`SELECT "storeKey" FROM "Artifact" ORDER BY "storeKey"`)).rows.map((r) => r.storeKey);

test("artifacts are kept in the bucket, read whole and in part, replaced and removed", async () => {
  expect(await storageUse(ctx)).toMatchObject({ kind: "s3", place: `s3://${s3.bucket}/team`, freeBytes: null });
  const large = randomBytes(11 * MiB);
  await put("a/large.bin", large);
  await put("a/empty", Buffer.alloc(0));
  for (const content of ["one", "two"]) await put("a/b/small.txt", Buffer.from(content));
  expect((await listArtifacts(ctx, { runId, path: "a" })).files).toEqual([{ path: "a/b", isDir: true }, { path: "a/empty", isDir: false, sizeBytes: 0 }, { path: "a/large.bin", isDir: false, sizeBytes: large.length }]);
  expect((await buffer((await openArtifact(ctx, { runId, path: "a/large.bin" })).stream)).equals(large)).toBe(true);
  const part = await openArtifact(ctx, { runId, path: "a/large.bin", range: { start: 6 * MiB, end: 6 * MiB + 4 } });
  expect((await buffer(part.stream)).equals(large.subarray(6 * MiB, 6 * MiB + 5))).toBe(true);
  expect((await openArtifact(ctx, { runId, path: "a/b/small.txt" })).bytes?.toString()).toBe("two");
  async function* broken() {
    yield randomBytes(7 * MiB);
    throw new Error("gone");
  }
  await expect(put("a/large.bin", Readable.from(broken()))).rejects.toThrow("gone");
  expect((await openArtifact(ctx, { runId, path: "a/large.bin" })).sizeBytes).toBe(large.length);
  await deleteByProxyPath(ctx, { proxyPath: `${experimentId}/${runId}/artifacts/a/b` });
  expect(await stored()).toEqual(await named());
});

test("a clean-up frees what was deleted, and uploads that were never ended", async () => {
  await put("x", Buffer.from("12345"));
  const others = await stored();
  const gone = await createRun(ctx, { experimentId });
  await Promise.all(Array.from({ length: 30 }, (_, i) => putArtifact(ctx, { runId: gone.id, path: `f/${i}`, stream: Readable.from(["123"]) })));
  await deleteRun(ctx, { runId: gone.id });
  const later = { ...ctx, now: () => new Date(Date.now() + 3 * 86_400_000) };
  const client = new S3Client({ endpoint: s3.endpoint, region: "us-east-1", forcePathStyle: true });
  for (const Key of ["team/1/r/artifacts/cut", "elsewhere/cut"]) await client.send(new CreateMultipartUploadCommand({ Bucket: s3.bucket, Key }));
  const options = { olderThanMs: 86_400_000, isDryRun: true };
  const planned = await collectGarbage(later, options);
  expect(planned).toMatchObject({ runs: 1, files: { count: 30, sizeBytes: 90 }, strayFiles: { count: 0 }, unfinished: { count: 1 } });
  expect({ ...(await collectGarbage(later, { ...options, isDryRun: false })), beforeMs: planned.beforeMs, isDryRun: true }).toEqual(planned);
  expect(await stored()).toEqual(others);
  expect(await named()).toEqual(others);
  expect(await collectGarbage(later, options)).toMatchObject({ runs: 0, unfinished: { count: 0 } });
});
