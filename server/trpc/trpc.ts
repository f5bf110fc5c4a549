import { initTRPC, TRPCError } from "@trpc/server";
import type { Ctx } from "../ctx";
import { asDomainError, errorTable } from "../errors";
import { log } from "../log";

type Code = ConstructorParameters<typeof TRPCError>[0]["code"];

const t = initTRPC.context<Ctx>().create({
  /** Beside tRPC's own shape: `kind` and `problems` of a DomainError. A bug says nothing of itself to the browser. */
  errorFormatter({ shape, error }) {
    const known = asDomainError(error.cause ?? error);
    if (known) return { ...shape, message: known.message, data: { ...shape.data, stack: undefined, kind: known.kind as string, problems: known.problems } };
    const isOurs = error.code !== "INTERNAL_SERVER_ERROR";
    return {
      ...shape,
      message: isOurs ? shape.message : "The server met an error of its own. Nothing was changed that it had not confirmed; try again.",
      data: { ...shape.data, stack: undefined, kind: isOurs ? "invalid" : "internal", problems: [] as { field: string; message: string }[] },
    };
  },
});

export const router = t.router;

/** A procedure is a schema and a call; this one turns what a verb throws into tRPC's codes. */
export const procedure = t.procedure.use(async ({ next, path }) => {
  const result = await next();
  if (result.ok) return result;
  const known = asDomainError(result.error.cause ?? result.error);
  if (known) {
    if (known.kind === "unavailable" || known.kind === "storage_full") log.warn({ path, kind: known.kind, error: String(result.error.cause) }, "a page's call was refused");
    // The table's trpc words are tRPC's own codes; a wrong one would show in every refused call.
    throw new TRPCError({ code: errorTable[known.kind].trpc as Code, message: known.message, cause: known });
  }
  if (result.error.code === "INTERNAL_SERVER_ERROR") log.error({ path, err: result.error.cause ?? result.error }, "a page's call failed");
  return result;
});
