"use client";

import { useQueryClient } from "@tanstack/react-query";
import { ChevronRight, Ellipsis, FilePlus, FileText, Folder, FolderOpen, NotebookText, Upload } from "lucide-react";
import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { type CSSProperties, type DragEvent, type ReactNode, useRef, useState } from "react";
import { plural } from "@/common/format";
import { useWorkspace } from "@/components/shell/workspace-context";
import { trpc } from "@/components/trpc";
import { IconButton } from "@/components/ui/button";
import { Icon } from "@/components/ui/icon";
import { Menu, MenuItem, MenuLink } from "@/components/ui/menu";
import { say, sayFailed } from "@/components/ui/toast";
import type { FileEntry } from "@/server/domain/files";
import { FileNameDialog } from "./file-name-dialog";
import { filesOfDrop, filesOfInput, type GatheredFile } from "./gather-files";
import { fileHref, putFile } from "./http-api";
import { useFiles, useProject } from "./project-context";
import { type TreeNode, treeOf } from "./tree-of";

/** The sidebar's lower half on a project's pages: its files, and what can be done with them. */
export function FileTree() {
  const { id, name, hrefs } = useProject();
  const { may } = useWorkspace();
  const client = useQueryClient();
  const router = useRouter();
  const path = usePathname();
  const files = useFiles();
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setIsOver] = useState(false);
  const [naming, setNaming] = useState<{ file: FileEntry | null } | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: ["files"] });

  const upload = async (gathered: GatheredFile[]) => {
    const failed: string[] = [];
    for (const f of gathered) await putFile(id, f.path, f.file).catch((error: Error) => failed.push(`${f.path}: ${error.message}`));
    await refresh();
    if (failed.length > 0) sayFailed(`${plural(failed.length, "file")} not stored`, new Error(failed.join(" ")));
    if (gathered.length > failed.length) say(`${plural(gathered.length - failed.length, "file")} stored`, { note: name });
  };
  const remove = async (file: FileEntry) => {
    try {
      await trpc.files.delete.mutate({ fileId: file.id });
      if (decodeURIComponent(path) === decodeURIComponent(hrefs.file(file.path))) router.push(hrefs.notebook);
      say(`${file.path} deleted`, {
        act: { title: "Undo", onPress: () => void trpc.files.restore.mutate({ fileId: file.id }).then(refresh, (error) => sayFailed(`${file.path} was not brought back`, error)) },
      });
    } catch (error) {
      sayFailed(`${file.path} was not deleted`, error);
    }
    await refresh();
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    if (may.edit) void filesOfDrop(event.dataTransfer.items).then(upload);
  };
  const here = decodeURIComponent(path);
  const row = (file: FileEntry, depth: number): ReactNode => (
    <div key={file.id} className="tree__f" style={{ "--d": depth } as CSSProperties}>
      <Link href={hrefs.file(file.path)} aria-current={here === decodeURIComponent(hrefs.file(file.path)) ? "page" : undefined} title={file.path}>
        <Icon of={FileText} /><span className="nm">{file.path.split("/").at(-1)}</span>
      </Link>
      <Menu trigger={<IconButton size="s" icon={Ellipsis} label={`More about ${file.path}`} />}>
        {may.edit && <MenuItem onSelect={() => setNaming({ file })}>Rename</MenuItem>}
        <MenuLink isPlain href={fileHref(id, file.path)}>Download</MenuLink>
        {may.edit && <MenuItem isDanger onSelect={() => void remove(file)}>Delete</MenuItem>}
      </Menu>
    </div>
  );

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping has the upload button as its keyboard way
    <div className={`ftree ${isOver ? "is-over" : ""}`} onDragOver={(e) => { if (!may.edit) return; e.preventDefault(); setIsOver(true); }} onDragLeave={() => setIsOver(false)} onDrop={onDrop}>
      <div className="side__h">
        <span>Files</span>
        {may.edit && <IconButton size="s" icon={FilePlus} label="New file" onClick={() => setNaming({ file: null })} />}
        {may.edit && <IconButton size="s" icon={Upload} label="Upload files" onClick={() => input.current?.click()} />}
        <input ref={input} type="file" multiple hidden aria-label="Files to upload" onChange={(e) => { if (e.target.files) void upload(filesOfInput(e.target.files)); e.target.value = ""; }} />
      </div>
      <div className="tree">
        <Link href={hrefs.notebook} aria-current={here === decodeURIComponent(hrefs.notebook) ? "page" : undefined}><Icon of={NotebookText} /><span className="nm">Notebook</span></Link>
        <Branch nodes={treeOf(files)} depth={0} row={row} />
      </div>
      {isOver && <p className="dim sm" style={{ padding: 6 }}>Let go to add the files to {name}.</p>}
      {naming && (
        <FileNameDialog
          file={naming.file} taken={files.map((f) => f.path)} onClose={() => setNaming(null)}
          onDone={(newPath) => {
            void refresh();
            if (!naming.file || here === decodeURIComponent(hrefs.file(naming.file.path))) router.push(hrefs.file(newPath));
          }}
        />
      )}
    </div>
  );
}

function Branch({ nodes, depth, row }: { nodes: TreeNode[]; depth: number; row: (file: FileEntry, depth: number) => ReactNode }) {
  return nodes.map((n) => (n.file ? row(n.file, depth) : <FolderRow key={`${n.name}/`} node={n} depth={depth} row={row} />));
}

function FolderRow({ node, depth, row }: { node: TreeNode; depth: number; row: (file: FileEntry, depth: number) => ReactNode }) {
  const [isOpen, setIsOpen] = useState(true);
  return (
    <>
      <button type="button" className="tree__r" aria-expanded={isOpen} style={{ "--d": depth } as CSSProperties} onClick={() => setIsOpen(!isOpen)}>
        <Icon of={ChevronRight} className={`chev ${isOpen ? "is-open" : ""}`} /><Icon of={isOpen ? FolderOpen : Folder} /><span className="nm">{node.name}</span>
      </button>
      {isOpen && <Branch nodes={node.children} depth={depth + 1} row={row} />}
    </>
  );
}
