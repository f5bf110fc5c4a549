import { expect, test } from "vitest";
import { readEnv } from "./env";

const place = (FLOWBOOK_ARTIFACTS: string, more: Record<string, string> = {}) => readEnv({ FLOWBOOK_ARTIFACTS, ...more }).artifacts;

test("artifacts are kept in a folder or a bucket", () => {
  expect(readEnv({ FLOWBOOK_DATA: "/d" }).artifacts).toEqual({ kind: "disk", dir: "/d/artifacts" });
  for (const text of ["file:/a/b", "file:///a/b"]) expect(place(text)).toEqual({ kind: "disk", dir: "/a/b" });
  expect(place("s3://my-bucket/team/art/", { FLOWBOOK_S3_ENDPOINT: "http://127.0.0.1:9000", AWS_REGION: "eu-west-1" })).toEqual({
    kind: "s3", bucket: "my-bucket", prefix: "team/art", endpoint: "http://127.0.0.1:9000", region: "eu-west-1",
  });
  expect(place("s3://my.bucket", { AWS_REGION: "a", FLOWBOOK_S3_REGION: "b" })).toMatchObject({ bucket: "my.bucket", prefix: "", region: "b", endpoint: undefined });
});

test.each(["/a/b", "gs://bucket", "s3:/bucket", "s3://", "s3://Bucket/x", "s3://a_b/x"])("the place %s is refused, with the mend", (text) => {
  expect(() => place(text)).toThrow("Write file:/absolute/folder, or s3://bucket/prefix.");
});

test.each(["0", "-1", "much", "1.5"])("an upload's limit of %s is refused by its name", (text) => {
  expect(() => readEnv({ FLOWBOOK_MAX_ARTIFACT_BYTES: text })).toThrow("FLOWBOOK_MAX_ARTIFACT_BYTES");
});
