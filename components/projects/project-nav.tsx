"use client";

import { useQuery } from "@tanstack/react-query";
import { Folder } from "lucide-react";
import Link from "next/link";
import { useRecentJobs } from "@/components/shell/use-running-count";
import { useWorkspace } from "@/components/shell/workspace-context";
import { trpc } from "@/components/trpc";
import { Icon } from "@/components/ui/icon";
import { asState, StateIcon } from "@/components/ui/status";
import type { ProjectList } from "./project-table";

/** The home page's lower half of the sidebar: projects, each with the state of its last launch. */
export function ProjectNav({ initial }: { initial: ProjectList }) {
  const { slug } = useWorkspace();
  const { data } = useQuery({ queryKey: ["projects", "list"], queryFn: () => trpc.projects.list.query({ limit: 200 }), initialData: initial });
  const { data: jobs } = useRecentJobs();
  return (
    <>
      <div className="side__h"><span>Projects</span></div>
      <div className="tree">
        {data.projects.map((p) => {
          const job = jobs?.find((j) => j.projectId === p.id);
          return (
            <Link key={p.id} href={`/${slug}/projects/${encodeURIComponent(p.name)}`}>
              <Icon of={Folder} /><span className="nm">{p.name}</span>{job && job.state !== "finished" && <StateIcon state={asState(job.state)} isNamed />}
            </Link>
          );
        })}
      </div>
    </>
  );
}
