"use client";

import { useQuery } from "@tanstack/react-query";
import { TRPCClientError } from "@trpc/client";
import { useEffect, useState } from "react";
import { useLiveConnection, useTopic } from "@/components/live-socket";

/** Whether the link of this page has ended: told by its topic at once, and asked again for a socket that is not connected. */
export function useIsClosed(shareId: string, ask: () => Promise<unknown>): boolean {
  const [isClosed, setClosed] = useState(false);
  const { refetch } = useQuery({
    queryKey: ["share", shareId],
    queryFn: async () => {
      try {
        await ask();
        return true;
      } catch (error) {
        if (!isRefused(error)) throw error;
        setClosed(true);
        return false;
      }
    },
    refetchInterval: 2500,
    refetchIntervalInBackground: true,
    retry: false,
    enabled: !isClosed,
  });
  useTopic(`share:${shareId}`, () => void refetch());
  const connection = useLiveConnection().kind;
  useEffect(() => {
    if (connection === "paused") void refetch();
  }, [connection, refetch]);
  return isClosed;
}

/** Whether the server said no, rather than being away. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof TRPCClientError)) return false;
  const response: unknown = error.meta?.response;
  return response instanceof Response && [401, 403, 404].includes(response.status);
}
