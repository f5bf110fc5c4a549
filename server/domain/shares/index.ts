/* Share links: a view of one run, experiment or project for whoever holds the address. */
export { createShare, type CreateShareInput } from "./create-share";
export { listShares, pageShares } from "./list-shares";
export { openShare } from "./open-share";
export { revokeShare } from "./revoke-share";
export type { ShareEntry, ShareTarget } from "./types";
