"use client";

import { Ellipsis, Link2, Pencil, RotateCw, Share, Square, Trash2, Undo2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { ShareDialog } from "@/components/shares/share-dialog";
import { trpc } from "@/components/trpc";
import { Button, ButtonLink, IconButton } from "@/components/ui/button";
import { copyText } from "@/components/ui/copy-button";
import { Dialog } from "@/components/ui/dialog";
import { Menu, MenuItem, MenuLine } from "@/components/ui/menu";
import { isEnded, type State } from "@/components/ui/status";
import { say, sayFailed } from "@/components/ui/toast";
import type { Job } from "@/server/domain/jobs";
import type { RunDetail } from "@/server/domain/runs";
import { useRunScope } from "./scope";

/** Share, Run again, Stop; and in the menu: rename, page address, delete. */
export function RunActions({ run, job, state, stepCount, onChanged }: { run: RunDetail; job: Job | null; state: State; stepCount: number; onChanged: () => void }) {
  const scope = useRunScope();
  const { may } = scope;
  const [open, setOpen] = useState<"share" | "rename" | null>(null);
  const [isStopping, setStopping] = useState(false);
  const isDeleted = run.lifecycleStage === "deleted";
  const act = async (work: Promise<unknown>, failed: string) => {
    try {
      await work;
      return true;
    } catch (error) {
      sayFailed(failed, error);
      return false;
    } finally {
      onChanged();
    }
  };
  const restore = () => act(trpc.runs.restore.mutate({ runId: run.id }), "The run was not restored");
  const remove = async () => {
    if (await act(trpc.runs.remove.mutate({ runId: run.id }), "The run was not deleted")) {
      say(`Deleted ${run.name}`, { note: "It can be restored for 30 days.", icon: Trash2, act: { title: "Undo", onPress: () => void restore() } });
    }
  };
  const stop = async () => {
    setStopping(true);
    await act(trpc.runs.stop.mutate({ runId: run.id }), "The run was not stopped and goes on");
    setStopping(false);
  };
  const rename = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name")).trim();
    if (await act(trpc.runs.rename.mutate({ runId: run.id, name }), "The run kept its name")) setOpen(null);
  };
  const canStop = job && !isEnded(state) && may.launch;
  return (
    <>
      {may.share && !isDeleted && <Button icon={Share} onClick={() => setOpen("share")}>Share</Button>}
      {job && scope.launchHref && may.launch && <ButtonLink icon={RotateCw} data-wide={canStop ? "" : undefined} href={scope.launchHref(job.projectId, job.entryPoint, job.parameters)}>Run again</ButtonLink>}
      {canStop && <Button look="danger" icon={Square} disabled={isStopping || state === "stopping"} onClick={() => void stop()}>{state === "stopping" ? "Stopping" : "Stop"}</Button>}
      <Menu trigger={<IconButton label="More about this run" icon={Ellipsis} />}>
        {may.track && <MenuItem icon={Pencil} onSelect={() => setOpen("rename")}>Rename</MenuItem>}
        <MenuItem icon={Link2} onSelect={() => void copyText(window.location.href).then((ok) => ok && say("Copied the page's address"))}>Copy page address</MenuItem>
        {may.track && <MenuLine />}
        {may.track && (isDeleted
          ? <MenuItem icon={Undo2} onSelect={() => void restore()}>Restore</MenuItem>
          : <MenuItem icon={Trash2} isDanger disabled={Boolean(job) && !isEnded(state)} note={job && !isEnded(state) ? "Stop it first" : undefined} onSelect={() => void remove()}>Delete run</MenuItem>)}
      </Menu>
      {open === "share" && <ShareDialog targetType="run" targetId={run.id} name={run.name} stepCount={stepCount} onClose={() => setOpen(null)} />}
      {open === "rename" && (
        <Dialog title={`Rename ${run.name}`} onClose={() => setOpen(null)} footer={<><Button onClick={() => setOpen(null)}>Cancel</Button><Button look="primary" type="submit" form="rename-run">Rename</Button></>}>
          <form id="rename-run" onSubmit={(e) => void rename(e)}>
            <div className="field"><div className="field__l"><label htmlFor="run-name">Name</label></div><input className="in" id="run-name" name="name" defaultValue={run.name} required maxLength={250} /></div>
          </form>
        </Dialog>
      )}
    </>
  );
}
