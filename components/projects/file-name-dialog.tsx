"use client";

import { type FormEvent, useId, useState } from "react";
import { trpc } from "@/components/trpc";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import type { FileEntry } from "@/server/domain/files";
import { useProject } from "./project-context";

/** Names a new file, or renames one; a path with "/" puts it into a folder. */
export function FileNameDialog({ file, taken, onClose, onDone }: { file: FileEntry | null; taken: string[]; onClose: () => void; onDone: (path: string) => void }) {
  const { id } = useProject();
  const formId = useId();
  const [path, setPath] = useState(file?.path ?? "");
  const [fault, setFault] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const wanted = path.trim();
    const off = faultOf(wanted, taken.filter((t) => t !== file?.path));
    setFault(off);
    if (off) return;
    if (wanted === file?.path) return onClose();
    setBusy(true);
    try {
      if (file) await trpc.files.rename.mutate({ fileId: file.id, newPath: wanted });
      else await trpc.files.write.mutate({ projectId: id, path: wanted, text: "" });
      onDone(wanted);
      onClose();
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={file ? `Rename ${file.path}` : "New file"} onClose={onClose}
      footer={<><Button onClick={onClose}>Cancel</Button><Button type="submit" form={formId} look="primary" disabled={isBusy}>{file ? "Rename" : "Create file"}</Button></>}
    >
      <form id={formId} onSubmit={(e) => void submit(e)}>
        <Field label="Path" kind="from the project's folder" error={fault} help="A slash makes a folder, such as notes/columns.md.">
          {(c) => <input {...c} className="in in--mono" value={path} autoComplete="off" spellCheck={false} onChange={(e) => setPath(e.target.value)} />}
        </Field>
      </form>
    </Dialog>
  );
}

function faultOf(path: string, taken: string[]): string | null {
  if (!path) return "Give it a name.";
  if (path.startsWith("/") || path.endsWith("/") || path.split("/").some((p) => p === "" || p === "." || p === "..")) return "Use a path inside the project, without empty parts, . or ..";
  if (taken.includes(path)) return "There is a file with this path already. Choose another.";
  return null;
}
