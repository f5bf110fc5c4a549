import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DomainError } from "@/server/errors";
import { parseFilter, parseOrderBy, readPageToken, writePageToken } from "../search";
import { runGrammar } from "./search-runs-sql";

const parse = (filter: string) => parseFilter(filter, runGrammar);
const refusal = (filter: string): string => {
  try {
    parse(filter);
  } catch (error) {
    if (error instanceof DomainError && error.kind === "invalid") return error.message;
    throw error;
  }
  return "accepted";
};

describe("a filter", () => {
  test("is clauses joined by AND in any case", () => {
    expect(parse("metrics.acc > 0.9 and params.lr = '1e-3' AND tags.`a.b c` != \"x\"")).toEqual([
      { entity: "metric", key: "acc", comparator: ">", value: 0.9 },
      { entity: "param", key: "lr", comparator: "=", value: "1e-3" },
      { entity: "tag", key: "a.b c", comparator: "!=", value: "x" },
    ]);
  });

  test.each([
    ["metric.x>=-1", { entity: "metric", key: "x", comparator: ">=", value: -1 }],
    ["metrics.val/acc < 1E3", { entity: "metric", key: "val/acc", comparator: "<", value: 1000 }],
    [`tags."mlflow.parentRunId" = 'abc'`, { entity: "tag", key: "mlflow.parentRunId", comparator: "=", value: "abc" }],
    ["tags.mlflow.source.name like '%x%'", { entity: "tag", key: "mlflow.source.name", comparator: "LIKE", value: "%x%" }],
    ["status = 'FINISHED'", { entity: "attribute", key: "r.status", comparator: "=", value: "FINISHED" }],
    ["Run name ILIKE 'a'", { entity: "attribute", key: "r.name", comparator: "ILIKE", value: "a" }],
    ["attr.`run name` = 'a'", { entity: "attribute", key: "r.name", comparator: "=", value: "a" }],
    ["run_id NOT IN ('a', 'b')", { entity: "attribute", key: "r.id", comparator: "NOT IN", value: ["a", "b"] }],
    ["params.x is not null", { entity: "param", key: "x", comparator: "IS NOT NULL", value: null }],
    ["dataset.name IN ('d')", { entity: "dataset", key: "name", comparator: "IN", value: ["d"] }],
    ["params.q = 'AND it''", null],
    ["params.and = 'OR AND'", { entity: "param", key: "and", comparator: "=", value: "OR AND" }],
  ])("%s", (filter, clause) => {
    if (clause === null) expect(refusal(filter)).toContain("closing quote");
    else expect(parse(filter)).toEqual([clause]);
  });

  test.each([
    ["params.a = '1' OR params.b = '2'", "Invalid clause(s) in filter string: 'OR'"],
    ["metrics.a > '1'", "Expected numeric value type for metric 'a'"],
    ["params.a = 1", "Expected a quoted string value for param 'a'"],
    ["params.a > '1'", "Comparators for param 'a'"],
    ["0.5 < metrics.a", "Invalid entity type"],
    ["NOT params.a = '1'", "Invalid attribute key 'NOT'"],
    ["(params.a = '1')", "Invalid clause(s)"],
    ["params.a = '1'; DROP TABLE x", "Invalid clause(s) in filter string: ';'"],
    ["metrics.a BETWEEN 1 AND 2", "Comparators for metric 'a'"],
    ["status IN ('a')", "Comparators for attribute 'status'"],
    ["experiment_id = '1'", "Invalid attribute key 'experiment_id'"],
    ["constructor = '1'", "Invalid attribute key 'constructor'"],
    ["AND", "Invalid attribute key 'AND'"],
    ["metrics.a > 1 AND", "at the end"],
    ["metrics. > 1", "A key is missing"],
    ["run_id IN ()", "Write a list of quoted strings"],
    ["metrics.a > 1e", "Expected numeric value"],
  ])("%s is refused: %s", (filter, message) => {
    expect(refusal(filter)).toContain(message);
  });

  test("of any text is clauses or a refusal, never a crash", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => typeof refusal(text) === "string"));
    fc.assert(
      fc.property(fc.array(fc.constantFrom("metrics.a", "tags.", "`x`", "'v'", "=", ">", "IN", "NOT", "(", ")", ",", "AND", "IS", "NULL", "1.5", " "), { maxLength: 12 }), (words) =>
        typeof refusal(words.join(" ")) === "string",
      ),
    );
  });
});

describe("order_by", () => {
  test("is a field with a direction, ASC when none is said", () => {
    expect(parseOrderBy(["metrics.`val acc` desc", "start_time", "tags.x ASC"], runGrammar)).toEqual([
      { entity: "metric", key: "val acc", isAscending: false },
      { entity: "attribute", key: `r."startTimeMs"`, isAscending: true },
      { entity: "tag", key: "x", isAscending: true },
    ]);
  });

  test.each([[["metrics.a", "metrics.a DESC"]], [["metrics.a sideways"]], [[""]], [["dataset.name"]]])("%j is refused", (orderBy) => {
    expect(() => parseOrderBy(orderBy, runGrammar)).toThrow(DomainError);
  });
});

test("a page token that was not made here is refused", () => {
  expect(readPageToken(writePageToken(4800))).toBe(4800);
  for (const token of ["%%%", "e30=", Buffer.from('{"offset": -1}').toString("base64"), Buffer.from('{"offset": 1e99}').toString("base64"), "x".repeat(1_000_000)]) {
    expect(() => readPageToken(token)).toThrow("Invalid page token");
  }
});
