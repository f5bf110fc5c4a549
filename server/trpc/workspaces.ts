import { z } from "zod";
import {
  createInvitation, createToken, listInvitations, listMembers, listTokens, removeMember, revokeInvitation, revokeToken, setMemberRole,
} from "../domain/workspaces";
import { env } from "../env";
import { procedure, router } from "./trpc";

const role = z.enum(["viewer", "editor", "owner"]);
const scope = z.enum(["read", "track", "launch"]);

export const workspacesRouter = router({
  members: procedure.query(({ ctx }) => listMembers(ctx)),
  setRole: procedure.input(z.object({ userId: z.string(), role })).mutation(({ ctx, input }) => setMemberRole(ctx, input)),
  removeMember: procedure.input(z.object({ userId: z.string() })).mutation(({ ctx, input }) => removeMember(ctx, input)),
  invitations: procedure.query(({ ctx }) => listInvitations(ctx)),
  /** The link is told once. */
  invite: procedure.input(z.object({ role, note: z.string().max(200).optional() })).mutation(async ({ ctx, input }) => {
    const { token, ...invitation } = await createInvitation(ctx, { role: input.role, ...(input.note ? { note: input.note } : {}) });
    return { ...invitation, url: `${env().publicUrl}/join/${token}` };
  }),
  revokeInvitation: procedure.input(z.object({ invitationId: z.string() })).mutation(({ ctx, input }) => revokeInvitation(ctx, input)),
  tokens: procedure.query(({ ctx }) => listTokens(ctx)),
  createToken: procedure
    .input(z.object({ name: z.string().max(100), scope, expiresInDays: z.number().int().min(1).max(3650).nullable() }))
    .mutation(({ ctx, input }) => createToken(ctx, input)),
  revokeToken: procedure.input(z.object({ tokenId: z.string() })).mutation(({ ctx, input }) => revokeToken(ctx, input)),
});
