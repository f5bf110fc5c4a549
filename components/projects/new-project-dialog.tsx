"use client";

import { useMutation } from "@tanstack/react-query";
import { BookOpen, File as FileIcon, FolderUp, GitBranch, LayoutTemplate, type LucideIcon, X } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormEvent, useId, useState } from "react";
import { formatSize, plural } from "@/common/format";
import { useWorkspace } from "@/components/shell/workspace-context";
import { errorKind, trpc } from "@/components/trpc";
import { Button, IconButton } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Icon } from "@/components/ui/icon";
import { Note } from "@/components/ui/note";
import { StateIcon } from "@/components/ui/status";
import { createFromFiles, textsOfProject } from "./create-project";
import { DropZone } from "./drop-zone";
import { type GatheredFile, withoutSharedFolder } from "./gather-files";
import { templatesFor } from "./templates";

export type NewProjectSource = "template" | "files" | "git";

const sources: { id: NewProjectSource; title: string; icon: LucideIcon }[] = [
  { id: "template", title: "Template", icon: LayoutTemplate },
  { id: "files", title: "Files or zip", icon: FolderUp },
  { id: "git", title: "Git", icon: GitBranch },
];

/** What cannot stand in an address; the server has the last word. */
const namePattern = /^[^/\\?#%]{1,100}$/;

/** Makes a project and opens it. Nothing exists before the last step has worked; what was typed is kept when it did not. */
export function NewProjectDialog({ from, onClose, onCreated }: { from: NewProjectSource; onClose: () => void; onCreated: () => void }) {
  const { slug } = useWorkspace();
  const router = useRouter();
  const formId = useId();
  const [source, setSource] = useState(from);
  const [name, setName] = useState("");
  const [template, setTemplate] = useState("one-script");
  const [files, setFiles] = useState<GatheredFile[]>([]);
  const [gitUrl, setGitUrl] = useState("");
  const [gitRef, setGitRef] = useState("");
  const [step, setStep] = useState("");
  const [isTried, setIsTried] = useState(false);

  const create = useMutation({
    mutationFn: async () => {
      if (source === "files") return createFromFiles(name, files, setStep);
      if (source === "git") {
        setStep(`Fetching ${gitUrl}`);
        return trpc.projects.create.mutate({ name, gitUrl: gitUrl.trim(), ...(gitRef.trim() ? { gitRef: gitRef.trim() } : {}) });
      }
      setStep(`Making the project ${name}`);
      const chosen = template === "example" ? await copyOfExample() : templatesFor(name).find((t) => t.id === template)?.files;
      return trpc.projects.create.mutate({ name, files: chosen ?? {} });
    },
    onSuccess: (project) => {
      onCreated();
      router.push(`/${slug}/projects/${encodeURIComponent(project.name)}`);
      onClose();
    },
    onSettled: () => setStep(""),
  });

  const isTaken = errorKind(create.error) === "already_exists";
  const nameFault = isTaken ? "This name is taken. Choose another." : !isTried ? null : name.trim() === "" ? "Give the project a name." : namePattern.test(name) ? null : "It stands in addresses, so it cannot hold / \\ ? # or %.";
  const missing = source === "files" && files.length === 0 ? "Add files first." : source === "git" && !gitUrl.trim() ? "Give the repository's address first." : null;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setIsTried(true);
    if (name.trim() === "" || !namePattern.test(name) || missing || create.isPending) return;
    create.mutate();
  };
  const addFiles = (added: GatheredFile[]) => {
    const { files: own, folder } = withoutSharedFolder(added);
    setFiles((before) => [...before.filter((b) => !own.some((o) => o.path === b.path)), ...own]);
    if (!name) setName(nameFrom(folder ?? own.find((f) => /\.zip$/i.test(f.path))?.path.replace(/\.zip$/i, "") ?? ""));
  };

  return (
    <Dialog
      title="New project" onClose={onClose}
      footer={
        <>
          <span className="dim">{missing ?? (create.error ? "What you typed is kept." : source === "files" ? `${plural(files.length, "file")}, ${formatSize(files.reduce((sum, f) => sum + f.file.size, 0))}` : "Opens as a notebook. Nothing runs yet.")}</span>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={formId} look="primary" disabled={create.isPending || missing !== null}>{create.error ? "Try again" : "Create project"}</Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} style={{ display: "contents" }}>
        <fieldset className="from" disabled={create.isPending}>
          <legend className="sr">Start from</legend>
          {sources.map((s) => (
            <label className="from__o" key={s.id}><input type="radio" name="from" checked={source === s.id} onChange={() => setSource(s.id)} /><Icon of={s.icon} /><span>{s.title}</span></label>
          ))}
        </fieldset>
        {create.error && !isTaken && <Note look="danger"><b>The project could not be made.</b> {create.error.message} Nothing was made.</Note>}
        {source === "template" && (
          <div className="opts panel" role="radiogroup" aria-label="Template">
            {[...templatesFor(name), { id: "example", title: "multistep, as it is now", note: "download, process, train and a main that runs them", files: {} }].map((t) => (
              <label className="opt" key={t.id}>
                <input className="cb" type="radio" name="template" checked={template === t.id} onChange={() => setTemplate(t.id)} />
                <span><b className="med">{t.title}</b><small>{t.note}</small></span>
                <span className="dim sm">{t.id === "example" ? <Icon of={BookOpen} /> : plural(Object.keys(t.files).length, "file")}</span>
              </label>
            ))}
          </div>
        )}
        {source === "files" && (
          <>
            <DropZone onFiles={addFiles} isSmall={files.length > 0} />
            {files.length > 0 && (
              <ul className="fl panel" style={{ maxHeight: 240, overflow: "auto" }}>
                {files.slice(0, 200).map((f) => (
                  <li key={f.path}><Icon of={FileIcon} /><code>{f.path}</code><span /><span className="dim sm num">{formatSize(f.file.size)}</span><IconButton size="s" label={`Leave out ${f.path}`} icon={X} onClick={() => setFiles(files.filter((x) => x !== f))} /></li>
                ))}
              </ul>
            )}
          </>
        )}
        {source === "git" && (
          <>
            <Field label="Address" kind="https, without a name or password in it">{(c) => <input {...c} className="in in--mono" placeholder="https://git.example.org/team/project.git" value={gitUrl} onChange={(e) => setGitUrl(e.target.value)} onBlur={() => { if (!name) setName(nameFrom(gitUrl.split("/").at(-1)?.replace(/\.git$/, "") ?? "")); }} />}</Field>
            <Field label="Branch or tag" kind="optional">{(c) => <input {...c} className="in in--mono" value={gitRef} onChange={(e) => setGitRef(e.target.value)} />}</Field>
          </>
        )}
        <Field label="Name" kind="also the name of its experiment" error={nameFault} help={<>Letters, digits, hyphens. <code>/{slug}/projects/{name || "…"}</code></>}>
          {(c) => <input {...c} className="in in--mono" value={name} autoComplete="off" spellCheck={false} onChange={(e) => { setName(e.target.value); if (create.error) create.reset(); }} />}
        </Field>
        {create.isPending && <ol className="prog" aria-live="polite"><li className="prog__now"><StateIcon state="running" /><span><span className="sr">Now: </span>{step}</span></li></ol>}
      </form>
    </Dialog>
  );
}

const nameFrom = (text: string) => text.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(0, 100);

async function copyOfExample(): Promise<Record<string, string>> {
  const example = await trpc.projects.get.query({ idOrName: "multistep" });
  return textsOfProject(example.id);
}
