export { runCompare } from "./compare";
export { runExport } from "./export";
export { openFlowbook } from "./flowbook";
export { type ImportOptions, runImport } from "./import";
export { Interrupted } from "./problems";
export { RestClient } from "./rest-client";
export { FlowbookSource } from "./sources/flowbook-source";
export { openSource, type SourceAddress } from "./sources/open-source";
