"use client";

import { ChevronDown, Copy, Link2, SquareTerminal } from "lucide-react";
import Link from "next/link";
import { copyText } from "@/components/ui/copy-button";
import { Person } from "@/components/ui/avatar";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { isEnded, StateIcon, stateWords, type State } from "@/components/ui/status";
import { Duration, Time } from "@/components/ui/time";
import { say } from "@/components/ui/toast";
import type { Job } from "@/server/domain/jobs";
import type { RunDetail, RunSummary } from "@/server/domain/runs";
import { clockEndMs, clockStartMs, reasonWords } from "./run-state";
import { useRunScope } from "./scope";

type Props = { run: RunDetail; job: Job | null; state: State; children: RunSummary[]; parent: { id: string; name: string } | null; experimentName: string | null; commit: string | null };

/** Name, state with its reason, who, when, from which code, and the exact command. */
export function RunHeader({ run, job, state, children, parent, experimentName, commit }: Props) {
  const scope = useRunScope();
  const entryPoint = job?.entryPoint ?? tagOf(run, "mlflow.project.entryPoint");
  const waitingFor = job?.waitingForRunId ? children.find((c) => c.id === job.waitingForRunId) : null;
  const endMs = clockEndMs(run, job);
  const reason = reasonWords(state, run, job);
  return (
    <header className="rh">
      <div className="rh__t">
        <h1>{entryPoint && <><code>{entryPoint}</code> </>}{run.name}</h1>
        <span className={`badge badge--${state}`} role="status">
          <StateIcon state={state} />{stateWords[state]}
          <span className="badge__x"><Duration startMs={clockStartMs(run, job)} endMs={isEnded(state) ? (endMs ?? run.endTimeMs ?? clockStartMs(run, job)) : null} /></span>
        </span>
        {waitingFor ? <span className="mid">waiting for <Link href={scope.runHref(waitingFor.id)}>{waitingFor.entryPoint} {waitingFor.name}</Link></span> : reason && <span className="mid">{reason}</span>}
      </div>
      <dl className="facts">
        {parent && <div><dt>Step of</dt><dd><Link href={scope.runHref(parent.id)}>{parent.name}</Link></dd></div>}
        <div><dt>Launched by</dt><dd>{job?.launchedBy ? <Person name={job.launchedBy.name} color={job.launchedBy.color} /> : job?.parentRunId ? "the run above it" : run.userId || (job ? "everyone here" : "a client")}</dd></div>
        <div><dt>{isEnded(state) ? "Ended" : "Started"}</dt><dd><Time ms={isEnded(state) ? (endMs ?? run.endTimeMs) : run.startTimeMs} /></dd></div>
        {commit && <div><dt>Version</dt><dd>{job ? <a href="#code"><code>{commit.slice(0, 7)}</code></a> : <code>{commit.slice(0, 7)}</code>}</dd></div>}
        {experimentName && <div><dt>Experiment</dt><dd>{scope.experimentHref ? <Link href={scope.experimentHref(run.experimentId)}>{experimentName}</Link> : experimentName}</dd></div>}
        {job && scope.projectHref && <div><dt>Project</dt><dd><Link href={scope.projectHref(job.projectId)}>Open the notebook</Link></dd></div>}
      </dl>
      {job && <Command job={job} />}
    </header>
  );
}

function Command({ job }: { job: Job }) {
  const { launchHref } = useRunScope();
  const asMlflow = ["mlflow run .", job.entryPoint === "main" ? "" : `-e ${quote(job.entryPoint)}`, ...Object.entries(job.parameters).map(([k, v]) => `-P ${quote(`${k}=${v}`)}`)].filter(Boolean).join(" ");
  const copy = async (text: string, what: string) => {
    if (await copyText(text)) say(`Copied ${what}`);
  };
  return (
    <div className="rh__cmd">
      <p className="cmd" role="group" aria-label="Command">{dimFlags(job.command)}</p>
      <Menu trigger={<Button icon={Copy} aria-label="Copy the command">Copy <ChevronDown className="i" aria-hidden="true" /></Button>}>
        <MenuItem icon={SquareTerminal} onSelect={() => void copy(job.command, "the command")}>Command</MenuItem>
        <MenuItem icon={Copy} onSelect={() => void copy(asMlflow, "it as mlflow run")}>As mlflow run</MenuItem>
        {launchHref && <MenuItem icon={Link2} onSelect={() => void copy(new URL(launchHref(job.projectId, job.entryPoint, job.parameters), window.location.href).href, "the link to the filled form")}>Link to the filled form</MenuItem>}
      </Menu>
    </div>
  );
}

/** Flags in grey, so that the values stand out; the text is unchanged. */
function dimFlags(command: string) {
  return command.split(/(\s--?[A-Za-z][\w-]*)/).map((part, i) => (i % 2 === 1 ? <span key={i} className="f">{part}</span> : part));
}

const quote = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);

export const tagOf = (run: Pick<RunDetail, "tags">, key: string): string | null => run.tags.find((t) => t.key === key)?.value ?? null;
