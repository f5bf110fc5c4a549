"use client";

/** Whether everything typed on this page is stored; of one file when `fileId` is given. */
export function SaveState(_props: { fileId?: string }) {
  return <span role="status" />;
}
