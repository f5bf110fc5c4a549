"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import Link from "next/link";
import { type FormEvent, useState } from "react";
import { plural } from "@/common/format";
import { Main } from "@/components/shell/main";
import { Sidebar } from "@/components/shell/sidebar";
import { TopBar } from "@/components/shell/topbar";
import { useWorkspace } from "@/components/shell/workspace-context";
import { trpc } from "@/components/trpc";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Empty } from "@/components/ui/empty";
import { Field } from "@/components/ui/field";
import { StateIcon, stateOfRunStatus } from "@/components/ui/status";
import { Time } from "@/components/ui/time";
import { say, sayFailed } from "@/components/ui/toast";
import type { Experiment } from "@/server/domain/experiments";

/** All experiments of the workspace, newest first, each with its newest run. */
export function ExperimentsPage({ initial }: { initial: Experiment[] }) {
  const { slug, may } = useWorkspace();
  const [isMaking, setMaking] = useState(false);
  const list = useQuery({ queryKey: ["experiments"], queryFn: async () => (await trpc.experiments.list.query({ limit: 500 })).experiments, initialData: initial });
  const newest = useQuery({ queryKey: ["experiments", "newest", list.data.map((e) => e.id).join(",")], queryFn: () => trpc.runs.search.query({ experimentIds: list.data.map((e) => e.id), maxResults: 300 }), enabled: list.data.length > 0 });
  const remove = async (e: Experiment) => {
    try {
      await trpc.experiments.remove.mutate({ experimentId: e.id });
      say(`Deleted ${e.name}`, { note: "Its runs are kept for 30 days.", act: { title: "Undo", onPress: () => void trpc.experiments.restore.mutate({ experimentId: e.id }).then(() => list.refetch(), (error: unknown) => sayFailed("It was not restored", error)) } });
    } catch (error) {
      sayFailed("The experiment was not deleted", error);
    }
    await list.refetch();
  };
  return (
    <>
      <Sidebar />
      <TopBar crumbs={[{ title: "Experiments" }]}>{may.track && <Button icon={Plus} onClick={() => setMaking(true)}>New experiment</Button>}</TopBar>
      <Main>
        <div className="page">
          <div className="rh" style={{ marginBottom: 16 }}><div className="rh__t"><h1>Experiments</h1><span className="mid">{plural(list.data.length, "experiment")}</span></div></div>
          {list.data.length === 0 ? <div className="panel"><Empty title="No experiments yet">An experiment holds runs that belong together. Each project has one of its own; a client makes one by name.</Empty></div> : (
            <div className="panel scroll">
              <table className="tb" aria-label="Experiments">
                <thead><tr><th scope="col">Name</th><th scope="col">Newest run</th><th scope="col" className="hide-s">Made</th><th scope="col" className="hide-s"><span className="sr">Act</span></th></tr></thead>
                <tbody>
                  {list.data.map((e) => {
                    const run = newest.data?.runs.find((r) => r.experimentId === e.id);
                    return (
                      <tr key={e.id}>
                        <td><Link href={`/${slug}/experiments/${e.id}`}>{e.name}</Link></td>
                        <td>{run ? <span className="state"><StateIcon state={stateOfRunStatus(run.status)} isNamed /><Link href={`/${slug}/runs/${run.id}`}>{run.name}</Link><span className="state__x"><Time ms={run.startTimeMs} /></span></span> : <span className="dim">{newest.data ? "none" : ""}</span>}</td>
                        <td className="dim hide-s"><Time ms={e.creationTimeMs} /></td>
                        <td className="num hide-s">{may.track && e.id !== 0 && <Button size="s" look="ghost" aria-label={`Delete ${e.name}`} onClick={() => void remove(e)}>Delete</Button>}</td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </div>
          )}
        </div>
      </Main>
      {isMaking && <NewExperiment onClose={() => { setMaking(false); void list.refetch(); }} />}
    </>
  );
}

function NewExperiment({ onClose }: { onClose: () => void }) {
  const [error, setError] = useState<string | null>(null);
  const make = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    try {
      await trpc.experiments.create.mutate({ name: String(new FormData(event.currentTarget).get("name")) });
      onClose();
    } catch (e) {
      setError(e instanceof Error ? e.message : String(e));
    }
  };
  return (
    <Dialog title="New experiment" onClose={onClose} footer={<><Button onClick={onClose}>Cancel</Button><Button look="primary" type="submit" form="new-experiment">Make</Button></>}>
      <form id="new-experiment" onSubmit={(e) => void make(e)}><Field label="Name" error={error ?? undefined}>{(control) => <input {...control} className="in" name="name" required maxLength={500} />}</Field></form>
    </Dialog>
  );
}
