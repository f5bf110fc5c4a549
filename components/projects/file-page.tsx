"use client";

import { Download } from "lucide-react";
import { formatSize } from "@/common/format";
import { FileEditor, People, SaveState } from "@/components/editor";
import { Main } from "@/components/shell/main";
import { useWorkspace } from "@/components/shell/workspace-context";
import { Empty } from "@/components/ui/empty";
import { Time } from "@/components/ui/time";
import type { FileEntry } from "@/server/domain/files";
import { fileHref } from "./http-api";
import { ProblemList } from "./problem-list";
import { useProject } from "./project-context";
import { ProjectTopBar } from "./project-topbar";
import { useLiveOutline } from "./use-live-outline";

/** One file of the project: a live document, or what can be shown of other bytes. */
export function FilePage({ file, text, texts, revealLine }: { file: FileEntry; text: string | null; texts: Record<string, string>; revealLine: number | undefined }) {
  const { id } = useProject();
  const { may } = useWorkspace();
  const live = useLiveOutline(texts);
  const problems = live.outline.problems.filter((p) => p.path === file.path);
  const href = fileHref(id, file.path);
  return (
    <>
      <ProjectTopBar here={file.path}><SaveState fileId={file.id} /><People fileId={file.id} max={5} /></ProjectTopBar>
      <Main>
        <div className="page">
          <section className="panel filep" aria-labelledby="file-title">
            <div className="panel__h">
              <h1 id="file-title"><code>{file.path}</code></h1>
              <span className="dim">{formatSize(file.sizeBytes)}, changed <Time ms={file.updatedAtMs} /></span>
              <span className="grow" />
              <a className="btn btn--s" href={href} download={file.path.split("/").at(-1)}><DownloadIcon /><span>Download</span></a>
            </div>
            {file.kind === "text" && text !== null ? (
              <FileEditor fileId={file.id} path={file.path} projectId={id} initialText={text} readOnly={!may.edit} problems={live.outline.problems} maxLines={100_000} onTextChange={(t) => live.onText(file.path, t)} {...(revealLine ? { revealLine } : {})} />
            ) : /\.(png|jpe?g|gif|webp|svg)$/i.test(file.path) ? (
              <div className="filep__img"><img src={href} alt={file.path} /></div>
            ) : (
              <Empty title="Not shown as text" act={<a className="btn" href={href}>Download</a>}>Its bytes are not UTF-8 text, or it is too large for live editing. It is kept as it is, and replaced whole by an upload.</Empty>
            )}
          </section>
          {problems.length > 0 && <section className="panel filep__p" aria-label="Problems of this file"><ProblemList problems={problems} texts={live.texts} /></section>}
        </div>
      </Main>
    </>
  );
}

const DownloadIcon = () => <Download className="i" aria-hidden="true" />;
