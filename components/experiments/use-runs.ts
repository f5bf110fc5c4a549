"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useLiveRefresh } from "@/components/runs/use-live-refresh";
import { trpc } from "@/components/trpc";
import type { RunDetail } from "@/server/domain/runs";

export type Sort = { order: string; isAscending: boolean };

const pageSize = 100;

/**
 * Runs of some experiments by MLflow's search, page by page. What is on the page changes in place; runs that were started since
 * wait behind `newCount` until `showNew`, except steps of a run that is on the page.
 */
export function useRuns(experimentIds: number[], filter: string, sort: Sort) {
  const query = useInfiniteQuery({
    queryKey: ["runs", experimentIds.join(","), filter, sort.order, sort.isAscending],
    queryFn: ({ pageParam }) => trpc.runs.search.query({ experimentIds, filter, orderBy: [`${sort.order} ${sort.isAscending ? "ASC" : "DESC"}`], maxResults: pageSize, ...(pageParam ? { pageToken: pageParam } : {}) }),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextPageToken ?? null,
    placeholderData: keepPreviousData,
    enabled: experimentIds.length > 0,
  });
  const { refetch } = query;
  const poke = useLiveRefresh(refetch);

  // A filter that is refused leaves the runs of the last one that worked.
  const [lastPages, setLastPages] = useState<{ owner: string; pages: { runs: RunDetail[] }[] } | null>(null);
  const owner = experimentIds.join(",");
  const data = query.data?.pages;
  if (data && !query.isPlaceholderData && lastPages?.pages !== data) setLastPages({ owner, pages: data });
  const shownPages = data ?? (query.error && lastPages?.owner === owner ? lastPages.pages : undefined);
  const fresh = useMemo(() => {
    const byId = new Map<string, RunDetail>();
    // An offset page may repeat a run when newer ones pushed it down.
    for (const page of shownPages ?? []) for (const run of page.runs) if (!byId.has(run.id)) byId.set(run.id, run);
    return [...byId.values()];
  }, [shownPages]);

  // A run that began after this list was asked for is new; everything else was only not loaded yet.
  const listKey = `${experimentIds.join(",")}|${filter}|${sort.order}|${sort.isAscending}`;
  const [accepted, setAccepted] = useState<{ listKey: string; ids: Set<string>; pages: number } | null>(null);
  const pages = query.data?.pages.length ?? 0;
  if (query.data && !query.isPlaceholderData && (accepted?.listKey !== listKey || accepted.pages !== pages || (accepted.ids.size === 0 && fresh.length > 0))) {
    setAccepted({ listKey, ids: new Set([...(accepted?.listKey === listKey ? accepted.ids : []), ...fresh.map((r) => r.id)]), pages });
  }

  const isShown = (run: RunDetail, ids: Set<string>) => ids.has(run.id) || (run.parentRunId !== null && ids.has(run.parentRunId));
  const ids = accepted?.listKey === listKey ? accepted.ids : null;
  const shown = ids && !query.isPlaceholderData ? fresh.filter((r) => isShown(r, ids)) : fresh;
  return {
    runs: shown,
    newCount: fresh.length - shown.length,
    showNew: () => setAccepted({ listKey, ids: new Set(fresh.map((r) => r.id)), pages }),
    poke,
    error: query.error,
    isLoading: query.isPending,
    isStale: query.isPlaceholderData,
    hasMore: query.hasNextPage,
    isLoadingMore: query.isFetchingNextPage,
    loadMore: () => void query.fetchNextPage(),
    refetch,
  };
}
