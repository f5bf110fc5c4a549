import { type Grammar, numberComparators, textAndListComparators, textAndNullComparators, textComparators } from "../search";

const text = (column: string) => ({ column, type: "text" as const, comparators: textComparators });
const time = (column: string) => ({ column, type: "number" as const, comparators: numberComparators });

const runId = { ...text("r.id"), comparators: textAndListComparators };
// MLflow takes a run's name from its tag, and so does the filter; the column is for the order.
const name = text("r.name");
const startTime = time(`r."startTimeMs"`);
const endTime = time(`r."endTimeMs"`);
const others = { user_id: text(`r."userId"`), status: text("r.status"), artifact_uri: text(`r."artifactUri"`) };

/** What runs can be searched by; MLflow's spellings, those of its older clients included. Beyond MLflow: OR, NOT and parentheses. */
export const runGrammar: Grammar = {
  entities: {
    metrics: "metric", metric: "metric",
    parameters: "param", parameter: "param", params: "param", param: "param",
    tags: "tag", tag: "tag",
    attributes: "attribute", attribute: "attribute", attr: "attribute", run: "attribute",
    datasets: "dataset", dataset: "dataset",
  },
  badEntity: (given) => `Invalid entity type '${given}'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']`,
  attributes: {
    run_id: runId, run_name: name, ...others, start_time: startTime, end_time: endTime,
    "run name": name, "Run name": name, "Run Name": name, created: startTime, Created: startTime,
  },
  orderAttributes: { run_id: runId, run_name: name, ...others, start_time: startTime, end_time: endTime, created: startTime, Created: startTime },
  comparators: { metric: numberComparators, param: textAndNullComparators, tag: textAndNullComparators, dataset: textAndListComparators },
  hasLogic: true,
  orderEntities: ["metric", "param", "tag"],
};
