import type { Scenario } from "../scenario";
import { artifacts } from "./artifacts";
import { experiments } from "./experiments";
import { jsonRules } from "./json";
import { loggedModels } from "./logged-models";
import { metrics } from "./metrics";
import { registry } from "./registry";
import { runs } from "./runs";
import { searchRuns } from "./search-runs";
import { traces, webhooks } from "./traces";

export const scenarios: Scenario[] = [...experiments, ...jsonRules, ...runs, ...metrics, ...searchRuns, ...registry, ...loggedModels, ...artifacts, ...traces, ...webhooks];
