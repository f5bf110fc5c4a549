export { defaultWorkspaceSlug, getWorkspaceSlug, systemCtx } from "./ensure-default-workspace";
export { acceptInvitation, createInvitation, type InvitationEntry, listInvitations, openInvitation, revokeInvitation } from "./invitations";
export { listMembers, type MemberEntry, removeMember, setMemberRole } from "./members";
export { createOwnerLink, ensureOwner, hasPassword, redeemOwnerLink } from "./owner";
export {
  createPerson, findSignIn, getMyPasswordHash, getMyself, getPerson, isMyself, listPeople, type Person, removePerson, setPersonIsOwner, setPersonPassword,
} from "./people";
export { hashSecret, newSecret } from "./token-hash";
export { createOwnerToken, createToken, findRole, findTokenHolder, listTokens, revokeToken, type TokenEntry } from "./tokens";
