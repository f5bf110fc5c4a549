"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { Main } from "@/components/shell/main";
import { useWorkspace } from "@/components/shell/workspace-context";
import { errorKind, trpc } from "@/components/trpc";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { say, sayFailed } from "@/components/ui/toast";
import { useProject } from "./project-context";
import { ProjectTopBar } from "./project-topbar";

/** Rename, download, delete. */
export function ProjectSettings() {
  const { id, name, experimentId, hrefs } = useProject();
  const { slug, may } = useWorkspace();
  const client = useQueryClient();
  const router = useRouter();
  const [newName, setNewName] = useState(name);

  const rename = useMutation({
    mutationFn: () => trpc.projects.rename.mutate({ projectId: id, name: newName.trim() }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["projects"] });
      say(`Renamed to ${newName.trim()}`);
      router.replace(`/${slug}/projects/${encodeURIComponent(newName.trim())}/settings`);
    },
  });
  const restore = async () => {
    try {
      await trpc.projects.restore.mutate({ projectId: id });
      await client.invalidateQueries({ queryKey: ["projects"] });
      say(`${name} is back`, { act: { title: "Open", onPress: () => router.push(hrefs.notebook) } });
    } catch (error) {
      sayFailed(`${name} was not brought back`, error);
    }
  };
  const remove = useMutation({
    mutationFn: () => trpc.projects.delete.mutate({ projectId: id }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["projects"] });
      say(`${name} deleted`, { note: "Its runs stay.", durationMs: 20_000, act: { title: "Undo", onPress: () => void restore() } });
      router.push(`/${slug}`);
    },
    onError: (error) => sayFailed(`${name} was not deleted`, error),
  });
  const download = useMutation({
    mutationFn: async () => {
      const { base64 } = await trpc.projects.zip.query({ projectId: id });
      saveAs(new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], { type: "application/zip" }), `${name}.zip`);
    },
    onError: (error) => sayFailed("The zip was not made", error),
  });
  const nameError = rename.error ? (errorKind(rename.error) === "already_exists" ? "This name is taken. Choose another." : rename.error.message) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (newName.trim() && newName.trim() !== name) rename.mutate();
  };

  return (
    <>
      <ProjectTopBar here="Settings" />
      <Main>
        <div className="page sets psets">
          <h1>{name}, settings</h1>
          <section className="sec" aria-labelledby="ps-n">
            <div className="sec__h"><h2 id="ps-n">Name</h2></div>
            <form className="psets__f" onSubmit={submit}>
              <Field label="Project name" error={nameError} help="Also the name of its experiment. Old links by id keep working.">
                {(c) => <input {...c} className="in in--mono" value={newName} disabled={!may.edit} onChange={(e) => { setNewName(e.target.value); rename.reset(); }} />}
              </Field>
              <Button type="submit" disabled={!may.edit || rename.isPending || !newName.trim() || newName.trim() === name}>Rename</Button>
            </form>
          </section>
          <section className="sec" aria-labelledby="ps-e">
            <div className="sec__h"><h2 id="ps-e">Runs</h2></div>
            <p className="mid">Its runs are in <Link href={hrefs.runs}>experiment {experimentId}</Link>. Clients log to the same place with <code>mlflow.set_experiment("{name}")</code>.</p>
          </section>
          <section className="sec" aria-labelledby="ps-z">
            <div className="sec__h"><h2 id="ps-z">Download</h2></div>
            <p className="mid">All files as they are now, unpacked by <code>unzip</code> and run by <code>mlflow run .</code></p>
            <p style={{ marginTop: 8 }}><Button icon={Download} disabled={download.isPending} onClick={() => download.mutate()}>{download.isPending ? "Packing" : "Download as zip"}</Button></p>
          </section>
          <section className="sec" aria-labelledby="ps-d">
            <div className="sec__h"><h2 id="ps-d">Delete</h2></div>
            <p className="mid">The project leaves the list and its page; it can be brought back by Undo. Its runs, their logs and artifacts stay.</p>
            <p style={{ marginTop: 8 }}><Button look="danger" disabled={!may.edit || remove.isPending} onClick={() => remove.mutate()}>Delete project</Button></p>
          </section>
        </div>
      </Main>
    </>
  );
}

function saveAs(blob: Blob, fileName: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
