import { headers } from "next/headers";
import { notFound, redirect } from "next/navigation";
import { cache } from "react";
import { resolveCtx } from "@/server/auth";
import type { Ctx } from "@/server/ctx";
import { asDomainError } from "@/server/errors";

/** Who is looking, or null for someone without a session. One answer for each request. */
export const findPageCtx = cache(async (): Promise<Ctx | null> => resolveCtx({ headers: new Headers(await headers()) }));

/** A member who is looking; someone without a session, or with a share link only, is sent to sign in. */
export async function pageCtx(): Promise<Ctx> {
  const ctx = await findPageCtx();
  if (!ctx || ctx.actor.kind === "share") redirect("/login");
  return ctx;
}

/** What the promise gives; a thing that is not there, or not for this person, shows the page that says so. */
export async function orNotFound<T>(found: Promise<T>): Promise<T> {
  try {
    return await found;
  } catch (error) {
    const kind = asDomainError(error)?.kind;
    if (kind === "not_found" || kind === "forbidden") notFound();
    throw error;
  }
}
