"use client";

import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { formatSize } from "@/common/format";
import { limits } from "@/common/limits";
import { CodeView } from "@/components/editor";
import { Icon } from "@/components/ui/icon";
import { CsvTable } from "./csv-table";
import { Markdown } from "./markdown";
import { artifactHref, type PreviewKind, previewKind } from "./preview-kind";
import { readCapped } from "./read-capped";

export type ArtifactAt = { runId: string; path: string; sizeBytes: number | null };

/** One artifact: shown as what it is, as far as that is safe; always to download. */
export function ArtifactPreview({ runId, path, sizeBytes }: ArtifactAt) {
  const name = path.split("/").at(-1) ?? path;
  const kind = previewKind(path);
  const href = artifactHref(runId, path);
  const [pixels, setPixels] = useState<string | null>(null);
  return (
    <figure className="prev" aria-label={`Preview of ${name}`}>
      <figcaption className="prev__h">
        <b className="cut">{name}</b>
        <span className="dim">{[pixels, sizeBytes === null ? null : formatSize(sizeBytes)].filter(Boolean).join(", ")}</span>
        <span className="grow" />
        <a className="btn btn--ghost btn--s" href={href} download={name} aria-label={`Download ${name}`}><Icon of={Download} /><span className="hide-s">Download</span></a>
      </figcaption>
      {kind === "image" ? (
        <div className="prev__img"><img src={href} alt={name} loading="lazy" onLoad={(e) => setPixels(`${e.currentTarget.naturalWidth} × ${e.currentTarget.naturalHeight}`)} /></div>
      ) : kind === "none" ? (
        <div className="empty"><h3>No preview</h3><p>Flowbook does not know how to show this kind of file. Download it to open it.</p></div>
      ) : (
        <TextPreview href={href} kind={kind} path={path} name={name} />
      )}
    </figure>
  );
}

function TextPreview({ href, kind, path, name }: { href: string; kind: PreviewKind; path: string; name: string }) {
  const content = useQuery({ queryKey: ["artifact", href], queryFn: () => readCapped(href, limits.previewBytes), retry: false, staleTime: 30_000 });
  if (content.isError) return <div className="empty"><h3>{name} is not shown</h3><p>{content.error.message} It is stored as it was logged; download it to open it.</p></div>;
  if (!content.data) return <div className="empty" style={{ height: 160 }} aria-busy="true" />;
  const { text, isCut } = content.data;
  const note = isCut ? <p className="prev__f">The first {formatSize(limits.previewBytes)}; download the file for all of it</p> : null;
  if (kind === "csv") return <CsvTable text={text} name={name} isCut={isCut} />;
  if (kind === "markdown") return <><div className="md prev__md"><Markdown text={text} /></div>{note}</>;
  if (kind === "html") {
    return (
      <>
        {/* No scripts and no origin: what a run made never acts with the session of who looks at it. */}
        <iframe className="prev__html" title={name} sandbox="" srcDoc={text} />
        <p className="prev__f">Shown without its scripts. Download it to open it whole.</p>
      </>
    );
  }
  return <>{<CodeView text={kind === "json" && !isCut ? prettyJson(text) : text} path={path} maxLines={40} />}{note}</>;
}

function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
