"use client";

import { useQueries } from "@tanstack/react-query";
import Link from "next/link";
import { useProject } from "@/components/projects/project-context";
import { trpc } from "@/components/trpc";
import { Avatar } from "@/components/ui/avatar";
import { ButtonLink } from "@/components/ui/button";
import { asState, StateIcon } from "@/components/ui/status";
import { Time } from "@/components/ui/time";
import { useEntryJobs } from "./use-entry-jobs";

const shown = 6;

/** The last launches of this entry point, each with its values to use again. */
export function RecentLaunches({ entryPointName }: { entryPointName: string }) {
  const { id, hrefs } = useProject();
  const jobs = useEntryJobs(id, entryPointName).slice(0, shown);
  const runs = useQueries({ queries: jobs.map((j) => ({ queryKey: ["run", j.runId, "get"], queryFn: () => trpc.runs.get.query({ runId: j.runId }), staleTime: 60_000 })) });
  return (
    <section aria-labelledby="r-h">
      <div className="sec__h" style={{ margin: 0 }}><h2 id="r-h">Recent launches</h2><span className="grow" /><Link className="sm" href={hrefs.runs}>All runs</Link></div>
      {jobs.length === 0 ? <p className="dim sm">{entryPointName} was not launched yet.</p> : (
        <ul className="lst">
          {jobs.map((job, at) => (
            <li key={job.id}>
              <StateIcon state={asState(job.state)} isNamed />
              <div><Link href={hrefs.run(job.runId)}>{runs[at]?.data?.name ?? job.runId.slice(0, 8)}</Link><small>{valuesInWords(job.parameters)}</small></div>
              {job.launchedBy && <Avatar color={job.launchedBy.color} name={job.launchedBy.name} size={16} />}
              <span className="dim sm nowrap"><Time ms={job.createdAtMs} /></span>
              <ButtonLink size="s" href={hrefs.launch(job.entryPoint, job.parameters)}>Use values</ButtonLink>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const valuesInWords = (parameters: Record<string, string>) => Object.entries(parameters).map(([name, value]) => `${name} ${value}`).join(", ") || "no parameters";
