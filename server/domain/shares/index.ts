export { createShare, listShares, openShare, revokeShare, type ShareEntry, type ShareTargetType } from "./shares";
