"use client";

import { TriangleAlert } from "lucide-react";
import type { EntryPoint } from "@/common/mlproject";
import { plural } from "@/common/format";
import { useEntryJobs } from "@/components/jobs/use-entry-jobs";
import { Icon } from "@/components/ui/icon";
import { asState, isEnded, StateIcon } from "@/components/ui/status";
import { Duration } from "@/components/ui/time";
import { useProject } from "./project-context";

/** The pipeline in one line: each step with the state and length of its last run, and what is wrong with the project. */
export function PipelineStrip({ entryPoints, problemCount }: { entryPoints: readonly EntryPoint[]; problemCount: number }) {
  const main = entryPoints.find((e) => e.name === "main");
  const steps = entryPoints.filter((e) => e !== main);
  return (
    <div className="strip">
      {entryPoints.length > 0 && (
        <nav className="dag" aria-label="Pipeline">
          {main && <Step name={main.name} isMain />}
          {steps.length > 0 && <ol>{steps.map((s) => <li key={s.name}><Step name={s.name} /></li>)}</ol>}
        </nav>
      )}
      <span className="grow" />
      {problemCount > 0 && <a className="chip chip--warn" href="#mlproject"><Icon of={TriangleAlert} />{plural(problemCount, "problem")}</a>}
    </div>
  );
}

function Step({ name, isMain = false }: { name: string; isMain?: boolean }) {
  const { id } = useProject();
  const [job] = useEntryJobs(id, name);
  const state = job ? asState(job.state) : null;
  const took = job?.startedAtMs ? <small><Duration startMs={job.startedAtMs} endMs={isEnded(job.state) ? job.endedAtMs : null} /></small> : null;
  return (
    <a className={isMain ? "dag__main" : `node node--${state ?? "none"}`} href={`#${name}-cell`}>
      <StateIcon state={state} isNamed /><code>{name}</code>{took}
    </a>
  );
}
