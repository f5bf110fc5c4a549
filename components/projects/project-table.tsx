"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { GitBranch, ListFilter, Plus } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { useRecentJobs } from "@/components/shell/use-running-count";
import { useWorkspace } from "@/components/shell/workspace-context";
import { trpc } from "@/components/trpc";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { Icon } from "@/components/ui/icon";
import { asState, isEnded, Status } from "@/components/ui/status";
import { Duration, Time } from "@/components/ui/time";
import type { listProjects } from "@/server/domain/projects";
import { NewProjectDialog, type NewProjectSource } from "./new-project-dialog";

export type ProjectList = Awaited<ReturnType<typeof listProjects>>;

/** The projects of the workspace, and the way to a new one. */
export function ProjectTable({ initial }: { initial: ProjectList }) {
  const { slug, may } = useWorkspace();
  const client = useQueryClient();
  const { data } = useQuery({ queryKey: ["projects", "list"], queryFn: () => trpc.projects.list.query({ limit: 200 }), initialData: initial });
  const { data: jobs } = useRecentJobs();
  const [filter, setFilter] = useState("");
  const [source, setSource] = useState<NewProjectSource | null>(null);
  const shown = data.projects.filter((p) => p.name.toLowerCase().includes(filter.trim().toLowerCase()));
  return (
    <section className="sec" aria-labelledby="h-pro">
      <div className="sec__h">
        <h2 id="h-pro">Projects</h2>
        <span className="dim sm">{data.projects.length}</span>
        <span className="grow" />
        {data.projects.length > 5 && (
          <div className="inbox inbox--s" style={{ width: 180 }} data-wide=""><Icon of={ListFilter} /><input aria-label="Filter projects" placeholder="Filter" value={filter} onChange={(e) => setFilter(e.target.value)} /></div>
        )}
        {may.edit && <Button size="s" icon={GitBranch} data-wide="" onClick={() => setSource("git")}>Import from git</Button>}
        {may.edit && <Button size="s" look="primary" icon={Plus} onClick={() => setSource("template")}>New project</Button>}
      </div>
      {shown.length === 0 ? (
        <Empty isSmall title={data.projects.length ? "No project has that in its name" : "No project yet"}>{data.projects.length ? null : "A project is a folder with an MLproject file: its entry points become the cells of a notebook."}</Empty>
      ) : (
        <section className="panel scroll" tabIndex={0} aria-label="Table of projects">
          <table className="tb tb--p">
            <thead><tr><th scope="col">Project</th><th scope="col" className="hide-s">Last launch</th><th scope="col">State</th><th scope="col" className="num hide-s">Last edit</th></tr></thead>
            <tbody>
              {shown.map((p) => {
                const job = jobs?.find((j) => j.projectId === p.id);
                return (
                  <tr key={p.id}>
                    <td><Link href={`/${slug}/projects/${encodeURIComponent(p.name)}`} className="pname">{p.name}</Link></td>
                    <td className="hide-s">{job ? <><Link href={`/${slug}/runs/${job.runId}`}>{job.runName}</Link> <code className="dim">{job.entryPoint}</code></> : <span className="dim">not launched yet</span>}</td>
                    <td>{job ? <Status state={asState(job.state)}>{job.startedAtMs && <Duration startMs={job.startedAtMs} endMs={isEnded(job.state) ? job.endedAtMs : null} />}</Status> : <span className="dim">–</span>}</td>
                    <td className="mid num hide-s"><Time ms={p.updatedAtMs} /></td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </section>
      )}
      {source && <NewProjectDialog from={source} onClose={() => setSource(null)} onCreated={() => void client.invalidateQueries({ queryKey: ["projects"] })} />}
    </section>
  );
}
