"use client";

import { useState } from "react";
import { FileEditor } from "@/components/editor";
import { useWorkspace } from "@/components/shell/workspace-context";
import { trpc } from "@/components/trpc";
import { Button } from "@/components/ui/button";
import { sayFailed } from "@/components/ui/toast";
import { Markdown } from "./markdown";
import { useFiles, useProject } from "./project-context";

/** The project's name and its README, which opens for editing in place. */
export function Readme({ texts, onText }: { texts: Readonly<Record<string, string>>; onText: (path: string, text: string) => void }) {
  const { id, name, hrefs } = useProject();
  const { may } = useWorkspace();
  const files = useFiles();
  const [isEditing, setIsEditing] = useState(false);
  const file = files.find((f) => /^readme\.(md|markdown)$/i.test(f.path)) ?? files.find((f) => /^readme(\.[^/]*)?$/i.test(f.path) && f.kind === "text");
  const text = file ? (texts[file.path] ?? "") : "";
  const heading = /^\s*# +(.+)\n?/.exec(text);
  const edit = async () => {
    if (file) return setIsEditing(!isEditing);
    try {
      await trpc.files.write.mutate({ projectId: id, path: "README.md", text: `# ${name}\n` });
      setIsEditing(true);
    } catch (error) {
      sayFailed("The README was not made", error);
    }
  };
  return (
    <>
      <section className="readme" aria-labelledby="readme">
        <div className="readme__t">
          <h1 id="readme">{heading?.[1] ?? name}</h1>
          <Markdown text={heading ? text.slice(heading[0].length) : text} projectId={id} hrefOfFile={hrefs.file} />
        </div>
        {may.edit && <div className="row"><Button look="quiet" size="s" onClick={() => void edit()} aria-pressed={isEditing}>{isEditing ? "Done" : file ? "Edit README" : "Add a README"}</Button></div>}
      </section>
      {isEditing && file && (
        <section className="cell cell--slim" aria-label="README, editor">
          <FileEditor fileId={file.id} path={file.path} projectId={id} initialText={text} onTextChange={(t) => onText(file.path, t)} />
        </section>
      )}
    </>
  );
}
