"use client";

import { Upload } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import { Icon } from "@/components/ui/icon";
import { filesOfDrop, filesOfInput, type GatheredFile } from "./gather-files";

/** Takes files, a folder or a zip, dropped or chosen. */
export function DropZone({ onFiles, isSmall }: { onFiles: (files: GatheredFile[]) => void; isSmall: boolean }) {
  const [isOver, setIsOver] = useState(false);
  const filesInput = useRef<HTMLInputElement>(null);
  const folderInput = useRef<HTMLInputElement>(null);
  const take = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    void filesOfDrop(event.dataTransfer.items).then(onFiles);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping has the two buttons inside as its keyboard way
    <div className={`drop ${isSmall ? "drop--s" : ""} ${isOver ? "is-over" : ""}`} onDragOver={(e) => { e.preventDefault(); setIsOver(true); }} onDragLeave={() => setIsOver(false)} onDrop={take}>
      {isSmall ? <Icon of={Upload} /> : <p><b>Drop files, a folder or a zip here</b></p>}
      <p className="mid">
        {isSmall ? "Drag more here, or " : "or "}
        <button type="button" className="link" onClick={() => filesInput.current?.click()}>choose files</button>
        {" or "}
        <button type="button" className="link" onClick={() => folderInput.current?.click()}>a folder</button>
      </p>
      {!isSmall && <p className="dim sm">Up to 5,000 files, 100 MB each.</p>}
      <input ref={filesInput} type="file" multiple hidden aria-label="Choose files" onChange={(e) => { if (e.target.files) onFiles(filesOfInput(e.target.files)); e.target.value = ""; }} />
      <input ref={(el) => { folderInput.current = el; el?.setAttribute("webkitdirectory", ""); }} type="file" hidden aria-label="Choose a folder" onChange={(e) => { if (e.target.files) onFiles(filesOfInput(e.target.files)); e.target.value = ""; }} />
    </div>
  );
}
