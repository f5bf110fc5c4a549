/* Every limit that a person can meet, in one place. Bytes unless the name says otherwise. */
const KiB = 1024;
const MiB = 1024 * KiB;

export const limits = {
  /** A text file up to here is a live document; larger ones are shown and replaced whole. */
  liveTextBytes: 2 * MiB,
  fileBytes: 100 * MiB,
  projectFiles: 5_000,
  socketMessageBytes: 4 * MiB,
  jsonBodyBytes: 16 * MiB,
  logAnswerBytes: 1 * MiB,
  /** A step's log is cut here; the gap is named. */
  logBytes: 256 * MiB,
  pageSize: 100,
  pageSizeMax: 1_000,
  zipBytes: 100 * MiB,
  zipEntries: 5_000,
  previewBytes: 2 * MiB,
  stepMemoryBytes: 4 * 1024 * MiB,
  stepTimeoutSeconds: 30 * 60,
  stopTermAfterMs: 2_000,
  stopKillAfterMs: 3_000,
} as const;
