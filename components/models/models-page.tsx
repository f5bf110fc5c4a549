"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Tag, X } from "lucide-react";
import Link from "next/link";
import { type FormEvent, useState } from "react";
import { plural } from "@/common/format";
import { useTopic } from "@/components/live-socket";
import { Main } from "@/components/shell/main";
import { Sidebar } from "@/components/shell/sidebar";
import { TopBar } from "@/components/shell/topbar";
import { useWorkspace } from "@/components/shell/workspace-context";
import { trpc } from "@/components/trpc";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Empty } from "@/components/ui/empty";
import { Field } from "@/components/ui/field";
import { Icon } from "@/components/ui/icon";
import { Time } from "@/components/ui/time";
import { sayFailed } from "@/components/ui/toast";
import type { ModelVersion, RegisteredModel } from "@/server/domain/models";
import "../runs/runs.css";

/** The model registry: each model with its versions, the runs that made them, and what its aliases point at. */
export function ModelsPage({ initial }: { initial: RegisteredModel[] }) {
  const list = useQuery({ queryKey: ["models"], queryFn: () => trpc.models.list.query(), initialData: initial, refetchInterval: 15_000 });
  return (
    <>
      <Sidebar>
        {list.data.length > 0 && (
          <>
            <div className="side__h"><span>Models</span></div>
            <div className="tree">{list.data.map((m) => <a key={m.id} href={`#${encodeURIComponent(m.name)}`}><span className="nm">{m.name}</span><span className="m">{m.latestVersions[0]?.version ?? ""}</span></a>)}</div>
          </>
        )}
      </Sidebar>
      <TopBar crumbs={[{ title: "Models" }]} />
      <Main>
        <div className="page">
          <div className="rh" style={{ marginBottom: 16 }}><div className="rh__t"><h1>Models</h1><span className="mid">{plural(list.data.length, "registered model")}</span></div></div>
          {list.data.length === 0 ? (
            <div className="panel"><Empty title="No models yet">A model appears here when a run logs one with a name to register it under, such as <code>mlflow.sklearn.log_model(model, name="model", registered_model_name="bike-demand")</code>.</Empty></div>
          ) : list.data.map((m) => <Model key={m.id} model={m} />)}
        </div>
      </Main>
    </>
  );
}

function Model({ model }: { model: RegisteredModel }) {
  const { slug, may } = useWorkspace();
  const client = useQueryClient();
  const [promoting, setPromoting] = useState<ModelVersion | null>(null);
  const versions = useQuery({ queryKey: ["models", model.name, "versions"], queryFn: () => trpc.models.versions.query({ name: model.name }) });
  const refresh = () => client.invalidateQueries({ queryKey: ["models"] });
  useTopic(`model:${model.id}`, () => void refresh());
  const act = async (work: Promise<unknown>, failed: string) => {
    try {
      await work;
    } catch (error) {
      sayFailed(failed, error);
    }
    await refresh();
  };
  return (
    <section className="sec" id={model.name} aria-label={model.name}>
      <div className="sec__h"><h2>{model.name}</h2><span className="dim sm">changed <Time ms={model.lastUpdatedTimeMs} /></span></div>
      {model.description && <p className="mid" style={{ marginBottom: 8, maxWidth: "72ch" }}>{model.description}</p>}
      <div className="panel scroll">
        <table className="tb" aria-label={`Versions of ${model.name}`}>
          <thead><tr><th scope="col">Version</th><th scope="col">Aliases</th><th scope="col">Made by</th><th scope="col" className="hide-s">Registered</th><th scope="col"><span className="sr">Act</span></th></tr></thead>
          <tbody>
            {versions.data?.length === 0 && <tr><td colSpan={5} className="dim">No versions yet. A run adds one when it logs a model under this name.</td></tr>}
            {(versions.data ?? model.latestVersions).map((v) => (
              <tr key={v.version}>
                <th scope="row" style={{ color: "var(--text)" }}>Version {v.version}{v.status !== "READY" && <span className="dim sm"> {v.status.toLowerCase().replaceAll("_", " ")}</span>}</th>
                <td>
                  <span className="row" style={{ gap: 4 }}>
                    {v.aliases.map((a) => (
                      <span key={a} className={`alias ${a === "champion" ? "alias--champion" : a === "challenger" ? "alias--challenger" : ""}`}>{a}
                        {may.track && <button type="button" className="chip__x" style={{ color: "inherit" }} aria-label={`Take the alias ${a} from version ${v.version}`} onClick={() => void act(trpc.models.removeAlias.mutate({ name: model.name, alias: a }), "The alias was not taken away")}><Icon of={X} /></button>}
                      </span>
                    ))}
                    {v.aliases.length === 0 && <span className="dim">–</span>}
                  </span>
                </td>
                <td>{v.runId ? <Link href={`/${slug}/runs/${v.runId}`}>the run {v.runId.slice(0, 8)}</Link> : <span className="dim">–</span>}</td>
                <td className="dim hide-s"><Time ms={v.creationTimeMs} /></td>
                <td className="num">{may.track && <Button size="s" icon={Tag} aria-label={`Set an alias of version ${v.version}`} onClick={() => setPromoting(v)}>Alias</Button>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {promoting && <AliasDialog model={model} version={promoting} onClose={() => { setPromoting(null); void refresh(); }} />}
    </section>
  );
}

function AliasDialog({ model, version, onClose }: { model: RegisteredModel; version: ModelVersion; onClose: () => void }) {
  const [error, setError] = useState<string | null>(null);
  const [alias, setAlias] = useState("champion");
  const holder = model.aliases.find((a) => a.alias === alias.trim());
  const save = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await trpc.models.setAlias.mutate({ name: model.name, alias, version: version.version });
      onClose();
    } catch (e) {
      setError(e instanceof Error ? e.message : String(e));
    }
  };
  return (
    <Dialog title={`Alias of ${model.name} version ${version.version}`} onClose={onClose} footer={<><Button onClick={onClose}>Cancel</Button><Button look="primary" type="submit" form="set-alias">Set alias</Button></>}>
      <form id="set-alias" onSubmit={(e) => void save(e)}>
        <Field label="Alias" error={error ?? undefined} help={holder && holder.version !== version.version ? `It moves here from version ${holder.version}. Clients that load models:/${model.name}@${alias.trim()} get version ${version.version} from then on.` : `Clients load it as models:/${model.name}@${alias.trim() || "…"}.`}>
          {(control) => <input {...control} className="in in--mono" value={alias} onChange={(e) => setAlias(e.target.value)} required maxLength={255} />}
        </Field>
      </form>
    </Dialog>
  );
}
