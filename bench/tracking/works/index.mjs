import * as scale from "./scale.mjs";
import * as w1 from "./w1-runs.mjs";
import * as w2 from "./w2-log-metric.mjs";
import * as w3 from "./w3-log-batch.mjs";
import * as w4 from "./w4-mixed-batch.mjs";
import * as w5 from "./w5-search.mjs";
import * as w6 from "./w6-history.mjs";
import * as w7 from "./w7-artifacts.mjs";
import * as w8 from "./w8-listing.mjs";
import * as w9 from "./w9-registry.mjs";
import * as w10 from "./w10-start.mjs";
import * as w11 from "./w11-client.mjs";

/** In the order in which they are measured: w10 first, as it starts both anew. */
export const works = { w10, w1, w2, w3, w4, w5, scale, w6, w7, w8, w9, w11 };
