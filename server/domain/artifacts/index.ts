export { noArtifact, requireLoggedModelAccess } from "./access";
export { type ArtifactEntry, type ArtifactListing, listArtifacts, listByProxyPath, listModelArtifacts } from "./list-artifacts";
export { mediaTypeOf } from "./media-type";
export { type OpenedArtifact, openArtifact, openByProxyPath, openModelArtifact, type RangeChoice } from "./open-artifact";
export { checkArtifactPath, keyOfUri, rootOfUri } from "./paths";
export { type ArtifactBody, putArtifact, putArtifactByUri, putByProxyPath, type StoredArtifact } from "./put-artifact";
export { deleteByProxyPath, removeModelArtifacts } from "./remove-artifacts";
