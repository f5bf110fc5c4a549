import { expect, test } from "vitest";
import { mediaTypeOf } from "./media-type";
import { checkArtifactPath, keyOfUri } from "./paths";

test.each([
  "../x", "a/../b", "a/..", "..", ".", "./a", "a/./b", "/etc/passwd", "//etc", "C:/x", "c:x", "a\\b", "%2e%2e/x", "%2e%2e%2fx", "%252e%252e%252fx", "a/%2e%2e/b", "%2fetc", "a%5cb",
  "a#b", "a%23b", "a//b", "a/", "", "a\nb", "a%00b", "a\u0000b", "~root", `${"x".repeat(256)}`, Array(70).fill("a").join("/"), "\ud800",
])("the path %j is refused", (path) => {
  expect(() => checkArtifactPath(path)).toThrow("Invalid path");
});

test.each(["a", "model/MLmodel", "with space & 100%.txt", "50% off/%zz", "images/dogs%step%10%timestamp%1795577929721%o01e.png", "日本語/ü.txt", "what?.txt", "..a/b..", ".hidden", "quote'\".txt", "a=b;c"])("the path %j is kept", (path) => {
  expect(checkArtifactPath(path)).toBe(path);
});

test("only mlflow-artifacts addresses are this server's", () => {
  expect(keyOfUri("mlflow-artifacts:/3/r/artifacts")).toBe("3/r/artifacts");
  expect(keyOfUri("mlflow-artifacts://host:1/3/r/artifacts")).toBe("3/r/artifacts");
  expect(keyOfUri("s3://bucket/3")).toBeNull();
});

test.each([["a/MLmodel", "text/plain"], ["x.JSON", "text/plain"], ["x.png", "image/png"], ["x.html", "text/html"], ["model.pkl", "application/octet-stream"], ["noext", "application/octet-stream"]])("%s is %s", (path, type) => {
  expect(mediaTypeOf(path)).toBe(type);
});
