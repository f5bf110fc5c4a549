"use client";

import { QueryClient } from "@tanstack/react-query";
import { createTRPCClient, httpBatchLink, TRPCClientError } from "@trpc/client";
import type { AppRouter } from "@/server/trpc";

/** The typed way to the server; use it inside `useQuery` and `useMutation`. Keys are `[noun, verb, input]`. */
export const trpc = createTRPCClient<AppRouter>({
  links: [
    httpBatchLink({
      url: "/trpc",
      maxURLLength: 6000,
      // A page behind a share link acts as that link, also where the browser holds a session of its own.
      headers: () => {
        const share = typeof window === "undefined" ? null : /^\/share\/([^/]+)/.exec(window.location.pathname);
        return share?.[1] ? { "x-flowbook-share": decodeURIComponent(share[1]) } : {};
      },
    }),
  ],
});

type Refusal = { kind?: string; problems?: { field: string; message: string }[]; httpStatus?: number };
const refusalOf = (error: unknown): Refusal => (error instanceof TRPCClientError ? ((error.data ?? {}) as Refusal) : {});

/** The kind of a DomainError that came back (`not_found`, `already_exists`, …), or undefined. */
export const errorKind = (error: unknown) => refusalOf(error).kind;
/** Refused fields, such as `{field: "parameters.input1", message}`. */
export const errorProblems = (error: unknown) => refusalOf(error).problems ?? [];

/** A call that the server refused is final; one that did not reach it, or met a server that is away, is tried again. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5000,
        refetchOnWindowFocus: true,
        retry: (count, error) => {
          const status = refusalOf(error).httpStatus;
          return count < 5 && (status === undefined || status >= 500);
        },
        retryDelay: (count) => Math.min(8000, 500 * 2 ** count),
      },
    },
  });
}
