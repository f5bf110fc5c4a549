import { z } from "zod";
import { deleteAlias, searchModelVersions, searchRegisteredModels, setAlias } from "@/server/domain/models";
import { procedure, router } from "./trpc";

const name = z.string().min(1).max(300);
const alias = z.string().trim().min(1).max(255);

export const modelsRouter = router({
  list: procedure.query(async ({ ctx }) => (await searchRegisteredModels(ctx, { maxResults: 500 })).models),
  versions: procedure.input(z.object({ name })).query(async ({ ctx, input }) => {
    const { versions } = await searchModelVersions(ctx, { filter: `name = '${input.name.replaceAll("'", "")}'`, maxResults: 1000 });
    return versions.filter((v) => v.name === input.name).sort((a, b) => b.version - a.version);
  }),
  setAlias: procedure.input(z.object({ name, alias, version: z.number().int().min(1) })).mutation(async ({ ctx, input }) => { await setAlias(ctx, input); }),
  removeAlias: procedure.input(z.object({ name, alias })).mutation(async ({ ctx, input }) => { await deleteAlias(ctx, input); }),
});
