/* Freeing for good what was deleted. Nothing imports this noun but doors: it knows all the others. */
export { type GcState, gcState, startGc, stopGc } from "./background";
export { collectGarbage } from "./collect-garbage";
export { parseOlderThan } from "./older-than";
export { type StorageUse, storageUse } from "./storage-use";
export type { GcOptions, GcReport, GcStage } from "./types";
