"use client";

/** Who has this page's files open, as avatars; of one file when `fileId` is given. */
export function People(_props: { fileId?: string; max?: number }) {
  return null;
}
