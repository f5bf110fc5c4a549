"use client";

import { useQuery } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import Link from "next/link";
import { trpc } from "@/components/trpc";
import { ButtonLink } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { StateIcon, stateOfRunStatus, stateWords, type State } from "@/components/ui/status";
import type { Job } from "@/server/domain/jobs";
import type { RunSummary } from "@/server/domain/runs";
import { readLogTail } from "./log-tail";
import { useRunScope } from "./scope";

/** Why a run failed, before all else: the error's own line, the reason with the exit code, the last lines of the log, the step that failed first. */
export function RunCause({ runId, state, job, children }: { runId: string; state: State; job: Job; children: RunSummary[] }) {
  const scope = useRunScope();
  const tail = useQuery({ queryKey: ["run", runId, "logTail"], queryFn: () => trpc.runs.logTail.query({ runId }) });
  const found = tail.data ? readLogTail(tail.data.text, tail.data.isCut) : null;
  const failedStep = children.find((c) => stateOfRunStatus(c.status) === "failed");
  const reason = job.reason ?? (job.exitCode === null ? stateWords[state] : `exit code ${job.exitCode}`);
  const isExitSaid = job.exitCode === null || reason.includes(`exit code ${job.exitCode}`);
  return (
    <section className="cause cause--run" id="cause" aria-labelledby="cause-h">
      <div className="cause__h">
        <StateIcon state={state} />
        <div>
          <h2 id="cause-h">{found?.error ? <code>{found.error}</code> : reason}</h2>
          <p>
            {found?.error ? `${reason.charAt(0).toUpperCase()}${reason.slice(1)}. ` : null}{isExitSaid ? "" : `Exit code ${job.exitCode}. `}
            {failedStep && <>The step <Link href={scope.runHref(failedStep.id)}>{failedStep.entryPoint} {failedStep.name}</Link> failed first. </>}
            What was logged before is kept.
          </p>
        </div>
        {scope.launchHref && scope.may.launch && <div className="row row--wrap nowrap"><ButtonLink look="primary" icon={RotateCw} href={scope.launchHref(job.projectId, job.entryPoint, job.parameters)}>Open the form with these values</ButtonLink></div>}
      </div>
      <div className="cause__p">
        <div className="prev__h"><b>{found?.error ? "Traceback" : "Last lines of the log"}</b><span className="grow" />{found && found.lines.length > 0 && <CopyButton text={found.lines.map((l) => l.text).join("\n")} label="Copy these lines" />}</div>
        {found === null ? <div className="empty" style={{ height: 120 }} /> : found.lines.length === 0 ? <p className="prev__f">The log is empty.</p> : (
          <div className="term" tabIndex={0} role="group" aria-label={found.error ? "Traceback" : "Last lines of the log"}>
            {found.lines.map((l, i) => <div key={i} className={`tl ${l.isError ? "tl--err" : ""}`}><span className="tt">{l.isError ? <span className="a-r">{l.text}</span> : l.text || " "}</span></div>)}
          </div>
        )}
      </div>
    </section>
  );
}
