"use client";

import { ChevronDown, ChevronRight, CircleAlert, TriangleAlert } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import type { EnvKind } from "@/common/mlproject";
import { plural } from "@/common/format";
import { FileEditor, SaveState, type SaveStatus } from "@/components/editor";
import { useWorkspace } from "@/components/shell/workspace-context";
import { IconButton } from "@/components/ui/button";
import { Icon } from "@/components/ui/icon";
import { ProblemList } from "./problem-list";
import { useFiles, useProject } from "./project-context";
import type { LiveOutline } from "./use-live-outline";

const envWords: Record<EnvKind, string> = {
  conda: "built with uv from the conda file",
  python_env: "built with uv from python_env",
  requirements: "built with uv from the requirements",
  none: "none named: the runner's own Python with mlflow",
  docker: "a Docker image",
};

/** The MLproject file, its environment, and everything that is wrong with the project. */
export function MlprojectCell({ live, onSaved }: { live: LiveOutline; onSaved: (path: string, status: SaveStatus) => void }) {
  const { id, hrefs } = useProject();
  const { may } = useWorkspace();
  const files = useFiles();
  const [isOpen, setIsOpen] = useState(true);
  const { outline, texts, onText } = live;
  const file = files.find((f) => f.path === (outline.mlprojectPath ?? "MLproject"));
  const { problems } = outline;
  const hasError = problems.some((p) => p.severity === "error");
  return (
    <section className="cell cell--slim" id="mlproject" aria-labelledby="mlp">
      <header className="cell__head">
        <IconButton size="s" icon={isOpen ? ChevronDown : ChevronRight} label={`${isOpen ? "Collapse" : "Expand"} MLproject`} aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)} />
        <h2 id="mlp"><code>MLproject</code></h2>
        {problems.length > 0 && <span className={`state ${hasError ? "state--failed" : "state--preparing"}`} role="status"><Icon of={hasError ? CircleAlert : TriangleAlert} /><span>{plural(problems.length, "problem")}</span></span>}
        <span className="grow" />
        {file && <SaveState fileId={file.id} />}
      </header>
      {isOpen && (
        <div className="cell__grid">
          <div className="ed">
            {file ? (
              <FileEditor
                fileId={file.id} path={file.path} projectId={id} initialText={texts[file.path]} problems={problems} readOnly={!may.edit} maxLines={24}
                onTextChange={(text) => onText(file.path, text)} onSavedChange={(status) => onSaved(file.path, status)}
              />
            ) : <p className="cell__side dim">There is no MLproject file. It names the entry points, their parameters and the environment.</p>}
          </div>
          <div className="cell__side">
            {problems.length > 0 && <ProblemList problems={problems} texts={texts} />}
            <div>
              <h3 className="lbl">Environment</h3>
              <dl className="kv kv--cell">
                <dt>From</dt><dd>{outline.envPath ? <Link href={hrefs.file(outline.envPath)}><code>{outline.envPath}</code></Link> : "–"}</dd>
                <dt>Is</dt><dd>{envWords[outline.envKind]}</dd>
              </dl>
            </div>
          </div>
        </div>
      )}
    </section>
  );
}
