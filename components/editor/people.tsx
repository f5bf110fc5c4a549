"use client";

import { useSyncExternalStore } from "react";
import { Avatar } from "../ui/avatar";
import { docsClient } from "./docs-client";
import type { Person } from "./types";

const nobody: Person[] = [];

/** Who else has this page's files open, as avatars with their names; of one file when `fileId` is given. */
export function People({ fileId, max = 5 }: { fileId?: string; max?: number }) {
  const everybody = useSyncExternalStore(
    (changed) => docsClient().subscribe(changed),
    () => docsClient().people,
    () => nobody,
  );
  const people = fileId ? everybody.filter((p) => p.fileIds.includes(fileId)) : everybody;
  if (people.length === 0) return null;
  const more = people.length - max;
  return (
    <div className="avs" role="group" aria-label="Here now">
      {people.slice(0, max).map((p) => (
        <Avatar key={p.peerId} color={p.color} size={22} name={p.name} />
      ))}
      {more > 0 && <span className="dim sm">+{more}</span>}
    </div>
  );
}
