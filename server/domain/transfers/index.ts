export { countBrought, findUnevenRuns, sumTallies } from "./count";
export { findStoredSizes, findTakenModels, findTakenRuns, findTransferItems, saveTransferItem, type TransferItem, type TransferKind } from "./items";
