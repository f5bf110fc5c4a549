import * as w1 from "./w1-runs.mjs";
import * as w2 from "./w2-log-metric.mjs";
import * as w3 from "./w3-log-batch.mjs";
import * as w4 from "./w4-mixed-batch.mjs";

/** In the order in which they are measured. */
export const works = { w1, w2, w3, w4 };
