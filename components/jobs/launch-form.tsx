"use client";

import { ChevronDown, CircleAlert, Link2, Play } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormEvent, useId, useRef, useState } from "react";
import type { EntryPoint, Outline } from "@/common/mlproject";
import { formatSize, plural } from "@/common/format";
import { useFiles, useProject } from "@/components/projects/project-context";
import { ProjectTopBar } from "@/components/projects/project-topbar";
import { Main } from "@/components/shell/main";
import { useSandbox } from "@/components/shell/use-sandbox";
import { useWorkspace } from "@/components/shell/workspace-context";
import { Button } from "@/components/ui/button";
import { copyText } from "@/components/ui/copy-button";
import { Field } from "@/components/ui/field";
import { Icon } from "@/components/ui/icon";
import { say } from "@/components/ui/toast";
import { CommandLine, CopyCommandMenu } from "./command-line";
import { ParameterForm } from "./parameter-form";
import type { SetValues } from "./parameter-values";
import { RecentLaunches } from "./recent-launches";
import { useEntryForm } from "./use-entry-form";
import { useLaunch } from "./use-launch";

const envManagers = { "": "As the project says", local: "None: the runner's own Python", uv: "Built with uv" } as const;

/** Entry point, parameters, environment, and what will run; Run opens the run's page. */
export function LaunchForm({ entryPoint, outline, initialValues }: { entryPoint: EntryPoint; outline: Outline; initialValues: SetValues }) {
  const { id, name, hrefs } = useProject();
  const { may } = useWorkspace();
  const sandbox = useSandbox();
  const files = useFiles();
  const router = useRouter();
  const form = useRef<HTMLFormElement>(null);
  const whyId = useId();
  const { values, change, setValues, form: read, isTried, setIsTried, badCount } = useEntryForm(entryPoint, initialValues);
  const [envManager, setEnvManager] = useState<keyof typeof envManagers>("");
  const [runName, setRunName] = useState("");
  const launch = useLaunch(id);
  const unknown = Object.keys(initialValues).filter((n) => !entryPoint.parameters.some((p) => p.name === n));
  const href = hrefs.launch(entryPoint.name, read.given);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setIsTried(true);
    if (launch.isPending) return;
    if (badCount > 0) {
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid='true']")?.focus());
      return;
    }
    launch.mutate(
      { entryPoint: entryPoint.name, parameters: read.given, ...(envManager ? { envManager } : {}), ...(runName.trim() ? { runName: runName.trim() } : {}) },
      { onSuccess: (job) => router.push(hrefs.run(job.runId)) },
    );
  };

  return (
    <>
      <ProjectTopBar here="Launch">
        <Button icon={Link2} data-wide="" onClick={() => void copyText(window.location.origin + href).then((ok) => { if (ok) say("Copied the link", { note: "It opens this form, filled in." }); })}>Copy link to this form</Button>
      </ProjectTopBar>
      <Main>
        <div className="launch">
          <div>
            <h1>Launch {name}</h1>
            <p className="launch__lead">Fill in the form and press Run. The run page opens as soon as the run is queued.</p>
            <form ref={form} aria-label={`Launch ${entryPoint.name}`} onSubmit={submit} noValidate onKeyDown={(e) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) submit(e); }}>
              <section className="fs" aria-labelledby="l-ep">
                <div className="fs__h"><h2 id="l-ep">What to run</h2></div>
                <div className="opts" role="radiogroup" aria-labelledby="l-ep">
                  {(outline.entryPoints.includes(entryPoint) ? outline.entryPoints : [...outline.entryPoints, entryPoint]).map((e) => (
                    <label className="opt" key={e.name}>
                      <input className="cb" type="radio" name="ep" checked={e.name === entryPoint.name} onChange={() => router.replace(hrefs.launch(e.name, sharedValues(e, values)), { scroll: false })} />
                      <span><code>{e.name}</code><small className="cut">{e.command}</small></span>
                      <span className="dim sm">{plural(e.parameters.length, "parameter")}</span>
                    </label>
                  ))}
                </div>
              </section>
              <section className="fs" aria-labelledby="l-pa">
                <div className="fs__h"><h2 id="l-pa">Parameters</h2></div>
                {unknown.length > 0 && <p className="dim sm frow">The link also names {unknown.join(", ")}, which {entryPoint.name} does not declare. Left out.</p>}
                <ParameterForm entryPoint={entryPoint} values={values} onChange={change} faults={read.faults} isTried={isTried} layout="page" isDisabled={!may.launch} filePaths={files.map((f) => f.path)} />
              </section>
              <details className="fs adv">
                <summary className="fs__h"><Icon of={ChevronDown} /><h2>Advanced</h2><span className="dim sm">environment, run name, limits</span></summary>
                <div className="form2">
                  <Field label="Environment">{(c) => <select {...c} className="in" value={envManager} onChange={(e) => setEnvManager(e.target.value as keyof typeof envManagers)}>{Object.entries(envManagers).map(([k, words]) => <option key={k} value={k}>{k === "" && outline.envPath ? outline.envPath : words}</option>)}</select>}</Field>
                  <Field label="Run name">{(c) => <input {...c} className="in" placeholder="chosen for you" value={runName} onChange={(e) => setRunName(e.target.value)} />}</Field>
                  <div className="field"><div className="field__l"><span className="label">Limits</span></div><p className="field__h">{formatSize(entryPoint.limits.memoryBytes ?? 4 * 1024 ** 3)} of memory, {Math.round((entryPoint.limits.timeoutSeconds ?? 1800) / 60)} minutes; from MLproject's resources.</p></div>
                </div>
              </details>
              <div className="gobar">
                <Button type="submit" look="primary" size="l" icon={Play} disabled={!may.launch || launch.isPending} aria-describedby={badCount > 0 && isTried ? whyId : undefined}>{launch.isPending ? `Launching ${entryPoint.name}` : `Run ${entryPoint.name}`}</Button>
                {Object.keys(read.given).length > 0 && <Button size="l" look="ghost" onClick={() => setValues({})}>Back to defaults</Button>}
                <span className="grow" />
                {!may.launch && <span className="dim sm">Launching needs the role editor.</span>}
                {badCount > 0 && isTried && <span className="field__e" id={whyId} role="alert"><Icon of={CircleAlert} /><span>{plural(badCount, "field")} to mend: {Object.keys(read.faults).join(", ")}</span></span>}
              </div>
            </form>
          </div>
          <aside className="launch__s" aria-label="What will run and recent launches">
            <section className="panel" aria-labelledby="w-h">
              <div className="panel__h"><h2 id="w-h">What will run</h2><span className="grow" /><CopyCommandMenu entryPoint={entryPoint} parts={read.command} given={read.given} projectId={id} formHref={href} /></div>
              <div className="will">
                <CommandLine parts={read.command} />
                <dl className="kv sm">
                  <dt>Code</dt><dd>live edits, frozen when you press Run</dd>
                  <dt>Environment</dt><dd>{outline.envPath ? <code>{outline.envPath}</code> : "the runner's own"}</dd>
                  <dt>Sandbox</dt><dd>{sandboxInWords[sandbox.mode]}</dd>
                </dl>
              </div>
            </section>
            <RecentLaunches entryPointName={entryPoint.name} />
          </aside>
        </div>
      </Main>
    </>
  );
}

const sandboxInWords = { on: "on; sees this project only", off: "off: the step runs unprotected", unavailable: "none, so no step runs here", "no-runner": "no runner is here; the launch waits in the queue" };

/** What was typed and fits the other entry point too is kept. */
const sharedValues = (entryPoint: EntryPoint, values: SetValues) => Object.fromEntries(Object.entries(values).filter(([name]) => entryPoint.parameters.some((p) => p.name === name)));
