export { noArtifact, requireLoggedModelAccess } from "./access";
export { type ArtifactEntry, type ArtifactListing, listArtifacts, listByProxyPath, listModelArtifacts } from "./list-artifacts";
export { mediaTypeOf } from "./media-type";
export { type OpenedArtifact, openArtifact, openByProxyPath, openModelArtifact } from "./open-artifact";
export { checkArtifactPath, keyOfUri } from "./paths";
export { deleteByProxyPath, putArtifact, putArtifactByUri, putByProxyPath, removeModelArtifacts, type StoredArtifact } from "./put-artifact";
