"use client";

import { useQueries } from "@tanstack/react-query";
import { CircleAlert, FileCode, SquareTerminal } from "lucide-react";
import Link from "next/link";
import { type KeyboardEvent, useImperativeHandle, useRef, useState, type Ref } from "react";
import type { EntryPoint, Parameter, Problem } from "@/common/mlproject";
import { formatSize, plural } from "@/common/format";
import { FileEditor, People, SaveState, type SaveStatus } from "@/components/editor";
import { CommandLine, CopyCommandMenu } from "@/components/jobs/command-line";
import { ParameterForm } from "@/components/jobs/parameter-form";
import { RunResults } from "@/components/jobs/run-results";
import { useEntryForm } from "@/components/jobs/use-entry-form";
import { useEntryJobs } from "@/components/jobs/use-entry-jobs";
import { useLaunch } from "@/components/jobs/use-launch";
import { useWorkspace } from "@/components/shell/workspace-context";
import { RunLog } from "@/components/terminal";
import { trpc } from "@/components/trpc";
import { Button } from "@/components/ui/button";
import { Icon } from "@/components/ui/icon";
import { isEnded } from "@/components/ui/status";
import { EntryPointHead } from "./entry-point-head";
import { useFiles, useProject } from "./project-context";

export type CellHandle = { run: () => void };

type Props = {
  ref?: Ref<CellHandle>;
  entryPoint: EntryPoint;
  isLast: boolean;
  texts: Readonly<Record<string, string>>;
  onText: (path: string, text: string) => void;
  problems: readonly Problem[];
  onSaved: (path: string, status: SaveStatus) => void;
  beforeLaunch: () => Promise<void>;
};

/** One entry point: code above its log on the left; form and command above results on the right. */
export function EntryPointCell({ ref, entryPoint, isLast, texts, onText, problems, onSaved, beforeLaunch }: Props) {
  const { id, hrefs } = useProject();
  const { may } = useWorkspace();
  const files = useFiles();
  const [isOpen, setIsOpen] = useState(true);
  const section = useRef<HTMLElement>(null);
  const { values, change, form, isTried, setIsTried, badCount } = useEntryForm(entryPoint);
  const launch = useLaunch(id, { beforeLaunch });
  const jobs = useEntryJobs(id, entryPoint.name);
  const [job, ...earlier] = jobs;
  const before = earlier.find((j) => j.state === "finished");
  const offersFor = useOffers(id, entryPoint);
  const file = files.find((f) => f.path === entryPoint.sourceFile);
  const { name } = entryPoint;
  const titleId = `${name}-title`;

  const run = () => {
    if (!may.launch || launch.isPending) return;
    setIsTried(true);
    if (badCount > 0) {
      setIsOpen(true);
      requestAnimationFrame(() => section.current?.querySelector<HTMLElement>("[aria-invalid='true']")?.focus());
      return;
    }
    launch.mutate({ entryPoint: name, parameters: form.given });
  };
  useImperativeHandle(ref, () => ({ run }));
  const onKeyDown = (event: KeyboardEvent) => {
    // The editor has its own Ctrl+Enter, which it reports by `onRun`.
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented || (event.target as HTMLElement).closest(".monaco-editor")) return;
    event.preventDefault();
    run();
  };

  return (
    <section ref={section} className={`cell ${job && !isEnded(job.state) ? "is-live" : ""} ${isLast ? "is-last" : ""}`} id={`${name}-cell`} aria-labelledby={titleId} onKeyDown={onKeyDown}>
      <EntryPointHead
        entryPoint={entryPoint} job={job} isOpen={isOpen} onToggle={() => setIsOpen(!isOpen)} onRun={run} isLaunching={launch.isPending}
        launchHref={hrefs.launch(name, form.given)} titleId={titleId}
      />
      {isOpen && (
        <div className="cell__grid">
          <div className="cell__w">
            <div className="ed">
              {file ? (
                <>
                  <div className="ed__bar"><Link href={hrefs.file(file.path)} className="ed__f"><Icon of={FileCode} />{file.path}</Link><People fileId={file.id} max={4} /><span className="grow" /><SaveState fileId={file.id} /></div>
                  {file.kind === "text"
                    ? <FileEditor fileId={file.id} path={file.path} projectId={id} initialText={texts[file.path]} problems={problems} readOnly={!may.edit} maxLines={24} onTextChange={(text) => onText(file.path, text)} onSavedChange={(status) => onSaved(file.path, status)} onRun={run} />
                    : <p className="cell__side dim">{file.path} is not text, {formatSize(file.sizeBytes)}.</p>}
                </>
              ) : <NoSource entryPoint={entryPoint} />}
            </div>
            <div className="cell__term">
              {job ? (
                <RunLog key={job.id} jobId={job.id} isLive={!isEnded(job.state)} height={200} isInteractive={job.state === "running" && may.launch} label={`Log of ${name}`} />
              ) : (
                <><div className="tbar"><Icon of={SquareTerminal} /><h3>Log</h3></div><p className="cell__nolog dim sm">The log of the first run will be here.</p></>
              )}
            </div>
          </div>
          <div className="cell__r">
            <div className="cell__side">
              <ParameterForm entryPoint={entryPoint} values={values} onChange={change} faults={form.faults} isTried={isTried} layout="cell" isDisabled={!may.launch} filePaths={files.map((f) => f.path)} offersFor={(p) => [...offersFor(p), ...lastValue(p, job?.parameters[p.name])]} />
              <div className="cmdbox">
                <div className="row"><h3 className="lbl">What will run</h3><span className="grow" /><CopyCommandMenu entryPoint={entryPoint} parts={form.command} given={form.given} projectId={id} formHref={hrefs.launch(name, form.given)} /></div>
                <CommandLine parts={form.command} />
              </div>
              {isTried && badCount > 0 && <p className="field__e" role="alert"><Icon of={CircleAlert} /><span>{plural(badCount, "field")} to mend: {Object.keys(form.faults).join(", ")}</span></p>}
            </div>
            {job && <RunResults job={job} before={before} runHref={hrefs.run} />}
          </div>
        </div>
      )}
    </section>
  );
}

function NoSource({ entryPoint }: { entryPoint: EntryPoint }) {
  const { id } = useProject();
  const { may } = useWorkspace();
  const path = entryPoint.sourceFile;
  return (
    <div className="cell__side">
      {path
        ? <p className="mid">The command runs <code>{path}</code>, which is not in the project.</p>
        : <p className="mid">Its command runs no file of the project: <code>{entryPoint.command}</code></p>}
      {path && may.edit && <div><Button size="s" onClick={() => void trpc.files.write.mutate({ projectId: id, path, text: "" })}>Make {path}</Button></div>}
    </div>
  );
}

/** The value of the last run, where it is not the default. */
const lastValue = (parameter: Parameter, value: string | undefined) => (value === undefined || value === (parameter.default ?? "") ? [] : [{ title: value.length > 24 ? "as in the last run" : `last ${value}`, value }]);

/** A `path` or `uri` that names an earlier step's artifact (`from`) is offered from that step's last finished run. */
function useOffers(projectId: string, entryPoint: EntryPoint): (parameter: Parameter) => { title: string; value: string }[] {
  const sources = entryPoint.parameters.flatMap((p) => (p.from ? [{ name: p.name, step: p.from.split("/")[0] ?? "", path: p.from.split("/").slice(1).join("/") }] : []));
  const runs = useQueries({
    queries: sources.map((s) => ({
      queryKey: ["jobs", "offer", projectId, s.step],
      queryFn: async () => {
        const { jobs } = await trpc.jobs.list.query({ projectId, entryPoint: s.step, limit: 12 });
        const last = jobs.find((j) => j.state === "finished");
        return last ? trpc.runs.get.query({ runId: last.runId }) : null;
      },
    })),
  });
  return (parameter) => sources.flatMap((s, at) => {
    const run = runs[at]?.data;
    return s.name === parameter.name && run ? [{ title: `${s.path} of ${s.step}, ${run.name}`, value: `${run.artifactUri}${s.path ? `/${s.path}` : ""}` }] : [];
  });
}
