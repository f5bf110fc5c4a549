import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DomainError } from "@/server/errors";
import { type Filter, parseFilterTree, parseOrderBy } from "../search";
import { runGrammar } from "./search-runs-grammar";

const parse = (filter: string) => parseFilterTree(filter, runGrammar);
/** A tree in brackets, such as (or a (not b)), each clause by its key. */
const shape = (f: Filter | null): string =>
  f === null ? "" : f.op === "clause" ? f.clause.key : f.op === "not" ? `(not ${shape(f.part)})` : `(${f.op} ${f.parts.map(shape).join(" ")})`;
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
    expect(parse("metrics.acc > 0.9 and params.lr = '1e-3' AND tags.`a.b c` != \"x\"")).toEqual({
      op: "and",
      parts: [
        { op: "clause", clause: { entity: "metric", key: "acc", comparator: ">", value: 0.9 } },
        { op: "clause", clause: { entity: "param", key: "lr", comparator: "=", value: "1e-3" } },
        { op: "clause", clause: { entity: "tag", key: "a.b c", comparator: "!=", value: "x" } },
      ],
    });
  });

  test.each([
    ["metric.x>=-1", { entity: "metric", key: "x", comparator: ">=", value: -1 }],
    ["metrics.`val/acc` < 1E3", { entity: "metric", key: "val/acc", comparator: "<", value: 1000 }],
    ["metrics.'val/acc' < .5", { entity: "metric", key: "val/acc", comparator: "<", value: 0.5 }],
    ["`tags`.`a` = 'x'", { entity: "tag", key: "a", comparator: "=", value: "x" }],
    [`tags."mlflow.parentRunId" = 'abc'`, { entity: "tag", key: "mlflow.parentRunId", comparator: "=", value: "abc" }],
    ["tags.mlflow.source.name like '%x%'", { entity: "tag", key: "mlflow.source.name", comparator: "LIKE", value: "%x%" }],
    ["status = 'FINISHED'", { entity: "attribute", key: "status", column: "r.status", comparator: "=", value: "FINISHED" }],
    ["`Run name` ILIKE 'a'", { entity: "attribute", key: "Run name", column: "r.name", comparator: "ILIKE", value: "a" }],
    ["attr.`run name` = 'a'", { entity: "attribute", key: "run name", column: "r.name", comparator: "=", value: "a" }],
    ["start_time >= 9007199254740993", { entity: "attribute", key: "start_time", column: `r."startTimeMs"`, comparator: ">=", value: 9007199254740993n }],
    ["run_id NOT IN ('a', 'b')", { entity: "attribute", key: "run_id", column: "r.id", comparator: "NOT IN", value: ["a", "b"] }],
    ["params.x is not null", { entity: "param", key: "x", comparator: "IS NOT NULL", value: null }],
    ["dataset.name IN ('d',)", { entity: "dataset", key: "name", comparator: "IN", value: ["d"] }],
    ["params.q = 'it''s'", { entity: "param", key: "q", comparator: "=", value: "it''s" }],
    ["params.and = 'OR AND'", { entity: "param", key: "and", comparator: "=", value: "OR AND" }],
    ["params.a\n=\t'x'", { entity: "param", key: "a", comparator: "=", value: "x" }],
  ])("%s", (filter, clause) => {
    expect(parse(filter)).toEqual({ op: "clause", clause });
  });

  // The words before the place are MLflow's.
  test.each([
    ["metrics.a > '1'", "Expected numeric value type for metric. Found '1'"],
    ["metrics.a > +1", "Expected numeric value type for metric. Found +1"],
    ["metrics.a > 1e", "Expected numeric value type for metric. Found 1e"],
    ["metrics.a > nan", "Expected numeric value type for metric. Found nan"],
    ["params.a = 1", "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 1"],
    ["params.a = x", "Parameter value is either not quoted or unidentified quote types used for string value x. Use either single or double quotes."],
    ["params.a > '1'", "Invalid comparator '>' not one of '=', '!=', 'LIKE'"],
    ["metrics.a <> 1", "Invalid comparator '<>' not one of"],
    ["params.a IN ('x')", "Expected a quoted string value for parameter (e.g. 'my-value'). Got value ('x')"],
    ["metrics.a IS NULL", "IS NULL / IS NOT NULL is only supported for tags and params, not for 'metric' 'a'"],
    ["metrics.a BETWEEN 1 AND 2", "Invalid clause(s) in filter string: 'metrics.a'"],
    ["0.5 < metrics.a", "Invalid comparison clause. Expected 'Identifier' found '0.5'"],
    ["metrics.val/acc > 1", "Invalid comparison clause. Expected 'Identifier' found 'metrics.val/acc'. Put the key into backticks"],
    ["METRICS.a > 1", "Invalid entity type 'METRICS'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']"],
    ["dataset.source = 'x'", "Invalid dataset key 'source' specified"],
    ["params.a = '1'; DROP TABLE x", "Invalid clause(s) in filter string: ';'"],
    ["params.q = 'x", "closing quote"],
    ["status IN ('a')", "Only ['run_id'] attributes support comparison with a list of quoted string values."],
    ["run_id IN ()", "expected a non-empty list of string values, but got empty list"],
    ["run_id IN (1)", "but got different type in list"],
    ["run_id = ('a')", "a list (at character 10) is compared with IN or NOT IN"],
    ["experiment_id = '1'", "Invalid attribute key 'experiment_id' specified"],
    ["constructor = '1'", "Invalid attribute key 'constructor' specified"],
    ["Run name = 'x'", "Invalid clause(s) in filter string: 'Run'"],
    [" ", "Invalid filter ' '. Could not be parsed."],
    ["AND", "Invalid clause(s) in filter string: 'AND' (at character 1)"],
    ["metrics.a > 1 AND", "'AND' (at character 15) has nothing after it"],
    ["metrics.a > 1 metrics.b > 1", "Invalid clause(s) in filter string: 'metrics.b' (at character 15). Join clauses with AND."],
    ["metrics. > 1", "A key is missing"],
    ["NOT", "'NOT' (at character 1) has nothing after it"],
    ["(metrics.a > 1", "'(' (at character 1) is not closed"],
    ["metrics.a > 1)", "')' (at character 14) closes nothing"],
    ["(metrics.a > 1 metrics.b > 2)", "'(' (at character 1) is not closed before 'metrics.b' (at character 16)"],
    ["metrics.a > 1 OR OR metrics.b > 1", "Invalid clause(s) in filter string: 'OR' (at character 18)"],
    ["()", "Invalid comparison clause"],
    [`${"(".repeat(40)}metrics.a > 1${")".repeat(40)}`, "nested more than 32 deep (at character 34)"],
    [Array.from({ length: 101 }, () => "metrics.a > 1").join(" OR "), "more than 100 clauses"],
    [`run_id IN (${Array.from({ length: 10_001 }, () => "'a'").join(",")})`, "more than 10000 values"],
  ])("%.60s is refused: %s", (filter, message) => {
    expect(refusal(filter)).toContain(message);
  });

  test.each([
    ["metrics.a > 1 OR metrics.b > 1 AND metrics.c > 1", "(or a (and b c))"],
    ["(metrics.a > 1 OR metrics.b > 1) AND metrics.c > 1", "(and (or a b) c)"],
    ["NOT metrics.a > 1 AND metrics.b > 1", "(and (not a) b)"],
    ["not (metrics.a > 1 and metrics.b > 1) or metrics.c > 1", "(or (not (and a b)) c)"],
    ["NOT NOT metrics.a > 1", "(not (not a))"],
    ["((metrics.a > 1) AND (metrics.b > 1 AND metrics.c > 1))", "(and a b c)"],
    ["NOT run_id NOT IN ('a')OR(params.b IS NOT NULL)", "(or (not run_id) b)"],
  ])("%s binds as %s", (filter, tree) => {
    expect(shape(parse(filter))).toBe(tree);
  });

  test("of any text is a tree or a refusal, never a crash", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => typeof refusal(text) === "string"));
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("metrics.a", "tags.", "`x`", "'v'", "=", ">", "IN", "NOT", "(", ")", ",", "AND", "OR", "IS", "NULL", "1.5", " "), { maxLength: 14 }),
        (words) => typeof refusal(words.join(" ")) === "string",
      ),
    );
  });
});

describe("order_by", () => {
  test("is a field with a direction, ASC when none is said", () => {
    expect(parseOrderBy(["metrics.`val acc` desc", "start_time", "tags.x ASC"], runGrammar)).toEqual([
      { entity: "metric", key: "val acc", isAscending: false },
      { entity: "attribute", key: "start_time", column: `r."startTimeMs"`, isAscending: true },
      { entity: "tag", key: "x", isAscending: true },
    ]);
  });

  test.each([
    [["metrics.a", "metrics.a DESC"], "duplicate fields"],
    [["start_time", "created"], "duplicate fields"],
    [["metrics.a sideways"], "Invalid ordering key in order_by clause"],
    [["metrics.a ASC NULLS"], "Could not be parsed"],
    [[""], "Could not be parsed"],
    [["dataset.name"], "Invalid order_by entity: dataset"],
    [["`run name`"], "Invalid attribute key 'run name' specified"],
  ])("%j is refused: %s", (orderBy, message) => {
    expect(() => parseOrderBy(orderBy, runGrammar)).toThrow(message);
  });
});
