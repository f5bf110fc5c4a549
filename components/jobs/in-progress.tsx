"use client";

import { Square } from "lucide-react";
import Link from "next/link";
import { formatNumber } from "@/common/format";
import { useRecentJobs } from "@/components/shell/use-running-count";
import { useWorkspace } from "@/components/shell/workspace-context";
import { Avatar } from "@/components/ui/avatar";
import { IconButton } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { asState, isEnded, StateIcon, stateWords } from "@/components/ui/status";
import { Duration } from "@/components/ui/time";
import { useStop } from "./use-stop";

/** What runs, prepares or waits now, launched by anyone. */
export function InProgress() {
  const { slug, may } = useWorkspace();
  const { data, isPending } = useRecentJobs();
  const stop = useStop();
  const jobs = data?.filter((j) => !isEnded(j.state)) ?? [];
  return (
    <section className="sec" id="running" aria-labelledby="h-run">
      <div className="sec__h"><h2 id="h-run">In progress</h2><span className="dim sm">{countsInWords(jobs.map((j) => j.state))}</span></div>
      {jobs.length === 0 ? (
        <Empty isSmall title={isPending ? "Looking for runs in progress" : "Nothing runs now"}>{isPending ? "" : "A launch shows here from the moment it is queued until it has ended."}</Empty>
      ) : (
        <ul className="panel lvs">
          {jobs.map((job) => {
            const state = asState(job.state);
            return (
              <li className="lv" key={job.id}>
                <StateIcon state={state} />
                <div className="lv__m">
                  <p><Link href={`/${slug}/runs/${job.runId}`}>{job.runName}</Link> <code className="dim">{job.entryPoint}</code>{job.projectName && <span className="dim"> in {job.projectName}</span>}</p>
                  <p className="dim sm">{stateWords[state]}{job.reason ? `, ${job.reason}` : ""}</p>
                </div>
                {job.headline && <span className="lv__s"><b>{formatNumber(job.headline.value)}</b><span className="dim sm">{job.headline.key}</span></span>}
                {job.launchedBy && <span className="lv__w"><Avatar color={job.launchedBy.color} name={job.launchedBy.name} /></span>}
                <span className="mid nowrap lv__t"><Duration startMs={job.startedAtMs ?? job.createdAtMs} /></span>
                {may.launch && <IconButton size="s" label={`Stop ${job.runName}`} icon={Square} disabled={state === "stopping"} onClick={() => stop.mutate(job.id)} />}
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

function countsInWords(states: string[]): string {
  return (["running", "preparing", "queued", "stopping"] as const)
    .map((s) => ({ s, n: states.filter((x) => x === s).length }))
    .filter(({ n }) => n > 0)
    .map(({ s, n }) => `${n} ${s}`)
    .join(", ");
}
