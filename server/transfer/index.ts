export { openFlowbook } from "./flowbook";
export { openSource, type SourceAddress } from "./sources/open-source";
export { type ImportOptions, runImport } from "./import";
export { Interrupted } from "./problems";
