"use client";

export type Refusal = { message: string; problems: { field: string; message: string }[] };

/** Posts a form of the doors before tRPC's (signing in, joining). Null when it was taken; never throws. */
export async function postJson(path: string, body: unknown): Promise<Refusal | null> {
  try {
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal: AbortSignal.timeout(20_000) });
    if (answer.ok) return null;
    const said = (await answer.json().catch(() => ({}))) as { message?: string; problems?: Refusal["problems"] };
    if (answer.status === 429) return { message: "Too many tries. Wait a minute, then try again.", problems: [] };
    return { message: said.message ?? "The server could not do this. Try again.", problems: said.problems ?? [] };
  } catch {
    return { message: "The server did not answer. Check the connection and try again.", problems: [] };
  }
}

export const problemOf = (refusal: Refusal | null, field: string) => refusal?.problems.find((p) => p.field === field)?.message;
