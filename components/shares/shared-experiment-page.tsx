"use client";

import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { formatNumber } from "@/common/format";
import { useTopic } from "@/components/live-socket";
import { trpc } from "@/components/trpc";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { StateIcon, stateOfRunStatus, stateWords } from "@/components/ui/status";
import { Duration, Time } from "@/components/ui/time";
import { LinkOpensNothing } from "./link-opens-nothing";
import { SharedFrame } from "./shared-frame";
import { useIsClosed } from "./use-is-closed";

type Props = { token: string; shareId: string; experiment: { id: number; name: string }; workspaceName: string; expiresAtMs: number | null };

const headlineCount = 4;

/** An experiment (or a project's) as a share link opens it: its runs, newest first, each with its page behind the same link. */
export function SharedExperimentPage({ token, shareId, experiment, workspaceName, expiresAtMs }: Props) {
  const cache = useQueryClient();
  const queryKey = ["runs", "shared", experiment.id];
  const search = (pageToken?: string) => trpc.runs.search.query({ experimentIds: [experiment.id], maxResults: 100, ...(pageToken ? { pageToken } : {}) });
  const list = useInfiniteQuery({ queryKey, queryFn: ({ pageParam }) => search(pageParam || undefined), initialPageParam: "", getNextPageParam: (page) => page.nextPageToken });
  useTopic(`experiment:${experiment.id}`, () => void cache.invalidateQueries({ queryKey }));
  const isClosed = useIsClosed(shareId, () => trpc.runs.search.query({ experimentIds: [experiment.id], maxResults: 1 }).then((page) => page.runs));
  if (isClosed) return <LinkOpensNothing />;
  const runs = list.data?.pages.flatMap((page) => page.runs) ?? [];
  const keys = [...new Set(runs.flatMap((run) => run.latestMetrics.map((m) => m.key)))].slice(0, headlineCount);
  return (
    <SharedFrame workspaceName={workspaceName} expiresAtMs={expiresAtMs} isLive={runs.some((run) => run.endTimeMs === null)}>
      <div className="page"><h1>{experiment.name}</h1>
      {list.isError && <p className="mid">The runs did not load. {list.error.message}</p>}
      {list.isSuccess && runs.length === 0 ? <Empty title="No runs yet">They appear here as they are logged.</Empty> : (
        <div className="panel scroll" role="region" aria-label="Table of runs" tabIndex={0}>
          <table className="tb tb--n" aria-label="Runs">
            <thead><tr><th scope="col">Run</th><th scope="col">Status</th><th scope="col">Started</th><th scope="col" className="num">Took</th>{keys.map((key) => <th key={key} scope="col" className="num mono">{key}</th>)}</tr></thead>
            <tbody>
              {runs.map((run) => (
                <tr key={run.id}>
                  <td><Link href={`/share/${encodeURIComponent(token)}?run=${run.id}`}>{run.name}</Link></td>
                  <td><StateIcon state={stateOfRunStatus(run.status)} /> {stateWords[stateOfRunStatus(run.status)]}</td>
                  <td><Time ms={run.startTimeMs} /></td>
                  <td className="num"><Duration startMs={run.startTimeMs} endMs={run.endTimeMs} /></td>
                  {keys.map((key) => <td key={key} className="num">{formatNumber(run.latestMetrics.find((m) => m.key === key)?.value)}</td>)}
                </tr>
              ))}
            </tbody>
          </table>
          {list.hasNextPage && <div style={{ padding: 12 }}><Button disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>Load more</Button></div>}
        </div>
      )}
      </div>
    </SharedFrame>
  );
}
