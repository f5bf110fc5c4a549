"use client";

import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronRight, Ellipsis, Play, Square } from "lucide-react";
import Link from "next/link";
import type { EntryPoint } from "@/common/mlproject";
import { useStop } from "@/components/jobs/use-stop";
import { useWorkspace } from "@/components/shell/workspace-context";
import { trpc } from "@/components/trpc";
import { Person } from "@/components/ui/avatar";
import { Button, IconButton } from "@/components/ui/button";
import { copyText } from "@/components/ui/copy-button";
import { Menu, MenuItem, MenuLine, MenuLink } from "@/components/ui/menu";
import { asState, isEnded, StateIcon, Status } from "@/components/ui/status";
import { say } from "@/components/ui/toast";
import { Duration, Time } from "@/components/ui/time";
import type { Job } from "@/server/domain/jobs";
import { useProject } from "./project-context";

type Props = {
  entryPoint: EntryPoint;
  job: Job | undefined;
  isOpen: boolean;
  onToggle: () => void;
  onRun: () => void;
  isLaunching: boolean;
  launchHref: string;
  titleId: string;
};

/** A cell's header speaks of the last run; its Run button of the next one. */
export function EntryPointHead({ entryPoint, job, isOpen, onToggle, onRun, isLaunching, launchHref, titleId }: Props) {
  const { may } = useWorkspace();
  const { hrefs } = useProject();
  const stop = useStop();
  const { name } = entryPoint;
  const state = job ? asState(job.state) : null;
  return (
    <>
    <header className="cell__head">
      <span className="spine" aria-hidden="true"><StateIcon state={state} /></span>
      <IconButton size="s" icon={isOpen ? ChevronDown : ChevronRight} label={`${isOpen ? "Collapse" : "Expand"} ${name}`} aria-expanded={isOpen} onClick={onToggle} />
      <h2 id={titleId}><code>{name}</code></h2>
      {job && state ? (
        <span role="status" className="cell__state"><Status state={state}><Duration startMs={job.startedAtMs ?? job.createdAtMs} endMs={isEnded(job.state) ? job.endedAtMs : null} /></Status></span>
      ) : <span className="dim sm">not run yet</span>}
      {job && <p className="cell__facts"><Facts job={job} /></p>}
      <span className="grow" />
      {job && !isEnded(job.state) && may.launch && <Button size="s" look="danger" icon={Square} disabled={state === "stopping"} aria-label={`Stop ${name}`} onClick={() => stop.mutate(job.id)}>{state === "stopping" ? "Stopping" : "Stop"}</Button>}
      {may.launch && (
        <div className="split">
          <Button size="s" icon={Play} disabled={isLaunching} onClick={onRun}>{isLaunching ? `Launching ${name}` : `Run ${name}`}</Button>
          <Menu isWide trigger={<Button size="s" className="btn--more" icon={ChevronDown} aria-label={`More ways to launch ${name}`} />}>
            <MenuItem icon={Play} keys="Ctrl ↵" onSelect={onRun}>Run {name}</MenuItem>
            <MenuLink href={launchHref} note="With these values filled in">Open as a form</MenuLink>
          </Menu>
        </div>
      )}
      <Menu trigger={<IconButton icon={Ellipsis} label={`More about ${name}`} />}>
        {entryPoint.sourceFile && <MenuLink href={hrefs.file(entryPoint.sourceFile)}>Open file</MenuLink>}
        <MenuLink href={hrefs.runs}>Runs of the project</MenuLink>
        <MenuLine />
        <MenuItem onSelect={() => void copyText(`${window.location.origin}${hrefs.notebook}#${name}-cell`).then((ok) => { if (ok) say("Copied the link"); })}>Copy link to this cell</MenuItem>
      </Menu>
    </header>
    {job?.reason && isEnded(job.state) && state !== "finished" && <p className={`cell__reason ${state === "failed" || state === "lost" ? "is-bad" : ""}`}>{job.reason}</p>}
    </>
  );
}

/** When, by whom, within which run, and why the state is what it is. */
function Facts({ job }: { job: Job }) {
  const { hrefs } = useProject();
  const { data: parent } = useQuery({ queryKey: ["run", job.parentRunId, "get"], queryFn: () => trpc.runs.get.query({ runId: job.parentRunId ?? "" }), enabled: job.parentRunId !== null, staleTime: 60_000 });
  const { data: run } = useQuery({ queryKey: ["run", job.runId, "get"], queryFn: () => trpc.runs.get.query({ runId: job.runId }) });
  // An ended step's reason has a line of its own below the header.
  return (
    <>
      {job.reason && !isEnded(job.state) && <><span className="cell__why">{job.reason}</span>, </>}
      <Time ms={job.startedAtMs ?? job.createdAtMs} />
      {job.launchedBy && <> by <Person {...job.launchedBy} /></>}
      {job.parentRunId ? <>, in <Link href={hrefs.run(job.parentRunId)}>{parent?.name ?? "its pipeline"}</Link></> : run && <> as <Link href={hrefs.run(job.runId)}>{run.name}</Link></>}
    </>
  );
}
