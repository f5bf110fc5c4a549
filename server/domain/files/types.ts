/** A file as lists show it. */
export type FileEntry = {
  id: string;
  path: string;
  kind: FileKind;
  sizeBytes: number;
  updatedAtMs: number;
};

/** A text is a live document; a binary file is shown and replaced whole. */
export type FileKind = "text" | "binary";

/** The row behind a file, without its text. */
export type FileRow = {
  id: string;
  projectId: string;
  path: string;
  kind: FileKind;
  sizeBytes: bigint;
  blobKey: string | null;
  lineEnding: "\n" | "\r\n";
  hasBom: boolean;
  isExecutable: boolean;
  epoch: number;
  seq: bigint;
  updatedAt: Date;
  deletedAt: Date | null;
};

export const toEntry = (row: { id: string; path: string; kind: string; sizeBytes: bigint; updatedAt: Date }): FileEntry => ({
  id: row.id,
  path: row.path,
  kind: row.kind === "text" ? "text" : "binary",
  sizeBytes: Number(row.sizeBytes),
  updatedAtMs: row.updatedAt.getTime(),
});

/** Names one state of one file; a base for three-way writes while that state's records are kept. */
export const etagOf = (row: { id: string; epoch: number; seq: bigint | number }): string => `"${row.id}-${row.epoch}-${row.seq}"`;
