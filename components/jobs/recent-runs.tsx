"use client";

import Link from "next/link";
import { useState } from "react";
import { formatNumber } from "@/common/format";
import { useRecentJobs } from "@/components/shell/use-running-count";
import { useWorkspace } from "@/components/shell/workspace-context";
import { Person } from "@/components/ui/avatar";
import { Empty } from "@/components/ui/empty";
import { asState, isEnded, Status } from "@/components/ui/status";
import { Duration, Time } from "@/components/ui/time";

/** The newest launches that have ended. */
export function RecentRuns() {
  const { slug, viewer } = useWorkspace();
  const { data } = useRecentJobs();
  const [isMine, setIsMine] = useState(false);
  const jobs = data?.filter((j) => isEnded(j.state) && (!isMine || (j.launchedBy ? j.launchedBy.name === viewer.name : viewer.isOpen))) ?? [];
  return (
    <section className="sec" aria-labelledby="h-rec">
      <div className="sec__h">
        <h2 id="h-rec">Recent runs</h2>
        <span className="grow" />
        <Link className="sm" href={`/${slug}/runs`}>All runs</Link>
        {!viewer.isOpen && (
          <fieldset className="seg seg--s" aria-label="Whose runs">
            <button type="button" aria-pressed={!isMine} onClick={() => setIsMine(false)}>All</button>
            <button type="button" aria-pressed={isMine} onClick={() => setIsMine(true)}>Mine</button>
          </fieldset>
        )}
      </div>
      {jobs.length === 0 ? (
        <Empty isSmall title="No run has ended yet">Launch an entry point from a project's page, and its run stays here with its code, log and results.</Empty>
      ) : (
        <section className="panel scroll" tabIndex={0} aria-label="Table of recent runs">
          <table className="tb">
            <thead><tr><th scope="col">State</th><th scope="col">Run</th><th scope="col" className="hide-s">Project</th><th scope="col" className="num">Headline metric</th><th scope="col" className="num hide-s">Took</th><th scope="col" className="hide-s">By</th><th scope="col" className="num hide-s">Ended</th></tr></thead>
            <tbody>
              {jobs.map((job) => (
                <tr key={job.id}>
                  <td><Status state={asState(job.state)}>{job.state === "finished" ? null : <span className="cut short-reason">{job.reason}</span>}</Status></td>
                  <td><Link href={`/${slug}/runs/${job.runId}`}>{job.runName}</Link> <code className="dim hide-s">{job.entryPoint}</code></td>
                  <td className="mid hide-s">{job.projectName ?? "–"}</td>
                  <td className="num">{job.headline ? <>{formatNumber(job.headline.value)} <span className="dim">{job.headline.key}</span></> : <span className="dim">–</span>}</td>
                  <td className="num mid hide-s">{job.startedAtMs ? <Duration startMs={job.startedAtMs} endMs={job.endedAtMs} /> : "–"}</td>
                  <td className="hide-s">{job.launchedBy ? <Person {...job.launchedBy} /> : <span className="dim">{viewer.isOpen ? "You" : "–"}</span>}</td>
                  <td className="mid num hide-s"><Time ms={job.endedAtMs} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}
