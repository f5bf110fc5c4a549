import { z } from "zod";
import { createShare, listShares, revokeShare } from "@/server/domain/shares";
import { procedure, router } from "./trpc";

const target = { targetType: z.enum(["run", "experiment", "project"]), targetId: z.string().min(1).max(64) };

export const sharesRouter = router({
  list: procedure.input(z.object(target)).query(({ ctx, input }) => listShares(ctx, input)),
  create: procedure
    .input(z.object({ ...target, name: z.string().trim().max(200).optional(), expiresInSeconds: z.number().int().min(60).max(366 * 86_400).optional() }))
    .mutation(({ ctx, input }) => createShare(ctx, input)),
  revoke: procedure.input(z.object({ shareId: z.string().min(1).max(64) })).mutation(async ({ ctx, input }) => { await revokeShare(ctx, input); }),
});
