"use client";

import { useQuery } from "@tanstack/react-query";
import { ChevronRight, File, FileImage, FileText, Folder, Table } from "lucide-react";
import { useState } from "react";
import { formatSize } from "@/common/format";
import { trpc } from "@/components/trpc";
import { Icon } from "@/components/ui/icon";
import { type ArtifactAt, ArtifactPreview } from "./artifact-preview";
import { previewKind } from "./preview-kind";

export type ArtifactOwner = { runId: string; title: string; isEnded: boolean };

/** The artifacts of a run and of the runs below it: folders that open when asked, a preview beside them. */
export function RunArtifacts({ ownerRunId, owners, chosenPath }: { ownerRunId: string; owners: ArtifactOwner[]; chosenPath?: string | null }) {
  const [chosen, setChosen] = useState<ArtifactAt | null>(chosenPath ? { runId: ownerRunId, path: chosenPath, sizeBytes: null } : null);
  const own = useFolder(ownerRunId, ownerRunId, "");
  const first = own.data?.files.find((f) => !f.isDir && previewKind(f.path) !== "none") ?? own.data?.files.find((f) => !f.isDir);
  const shown = chosen ?? (first ? { runId: ownerRunId, path: first.path, sizeBytes: first.sizeBytes ?? null } : null);
  const isBare = own.data?.files.length === 0 && owners.length === 1;
  return (
    <section className="sec" id="artifacts" aria-labelledby="artifacts-h">
      <div className="sec__h"><h2 id="artifacts-h">Artifacts</h2>{owners.length > 1 && <span className="dim sm">of this run and its steps</span>}</div>
      {own.isError ? (
        <p className="mid">The artifacts did not load. {own.error.message} They are stored; this page tries again when it is reloaded.</p>
      ) : isBare ? (
        <div className="panel empty"><h3>No artifacts</h3><p>{owners[0]?.isEnded ? "The run ended without logging any." : "Files that the run logs appear here, such as figures, tables and models."}</p></div>
      ) : (
        <div className="panel arts arts--one">
          <div className="arts__t">
            <div className="tree" role="group" aria-label="Files">
              {owners.map((o, i) => owners.length === 1
                ? <FolderRows key={o.runId} ownerRunId={ownerRunId} runId={o.runId} path="" depth={0} shown={shown} onChoose={setChosen} isEnded={o.isEnded} />
                : <FolderNode key={o.runId} name={o.title} isMono={i > 0} ownerRunId={ownerRunId} runId={o.runId} path="" depth={0} isOpenAtFirst={i === 0 || owners.length <= 8} shown={shown} onChoose={setChosen} isEnded={o.isEnded} />)}
            </div>
          </div>
          {shown ? <ArtifactPreview key={`${shown.runId}/${shown.path}`} {...shown} /> : <div className="empty"><p className="dim">Choose a file to see it here.</p></div>}
        </div>
      )}
    </section>
  );
}

type Shared = { ownerRunId: string; runId: string; path: string; depth: number; shown: ArtifactAt | null; onChoose: (at: ArtifactAt) => void; isEnded: boolean };

const useFolder = (ownerRunId: string, runId: string, path: string) =>
  useQuery({ queryKey: ["run", ownerRunId, "artifacts", runId, path], queryFn: () => trpc.artifacts.list.query({ runId, ...(path ? { path } : {}) }) });

function FolderNode({ name, isMono, isOpenAtFirst, ...at }: Shared & { name: string; isMono: boolean; isOpenAtFirst: boolean }) {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  return (
    <>
      <button type="button" className="tree__r" aria-expanded={isOpen} style={{ "--d": at.depth } as React.CSSProperties} onClick={() => setOpen(!isOpen)}>
        <ChevronRight className={`i chev ${isOpen ? "chev--open" : ""}`} aria-hidden="true" />
        {!isMono && at.path && <Icon of={Folder} />}
        <span className="nm">{isMono ? <code>{name}</code> : name}</span>
      </button>
      {isOpen && <FolderRows {...at} depth={at.depth + 1} />}
    </>
  );
}

function FolderRows({ ownerRunId, runId, path, depth, shown, onChoose, isEnded }: Shared) {
  const folder = useFolder(ownerRunId, runId, path);
  const indent = { "--d": depth } as React.CSSProperties;
  if (folder.isError) return <p className="tree__r dim" style={indent}>did not load</p>;
  if (!folder.data) return <p className="tree__r dim" style={indent}>…</p>;
  if (folder.data.files.length === 0) return <p className="tree__r dim" style={indent}>{isEnded ? "none" : "nothing yet"}</p>;
  return folder.data.files.map((f) => {
    const name = f.path.split("/").at(-1) ?? f.path;
    if (f.isDir) return <FolderNode key={f.path} name={name} isMono={false} isOpenAtFirst={false} ownerRunId={ownerRunId} runId={runId} path={f.path} depth={depth} shown={shown} onChoose={onChoose} isEnded={isEnded} />;
    const isShown = shown?.runId === runId && shown.path === f.path;
    const kind = previewKind(f.path);
    return (
      <button key={f.path} type="button" className="tree__r" style={indent} aria-current={isShown ? "true" : undefined} onClick={() => onChoose({ runId, path: f.path, sizeBytes: f.sizeBytes ?? null })}>
        <Icon of={kind === "image" ? FileImage : kind === "csv" ? Table : kind === "none" ? File : FileText} />
        <span className="nm">{name}</span><span className="m">{formatSize(f.sizeBytes)}</span>
      </button>
    );
  });
}
