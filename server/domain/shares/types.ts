import type { ShareLink } from "@/generated/prisma/client";

export type ShareTarget = "run" | "experiment" | "project";

export type ShareEntry = {
  id: string;
  targetType: ShareTarget;
  targetId: string;
  name: string;
  createdById: string | null;
  createdAtMs: number;
  expiresAtMs: number;
  openedCount: number;
  lastOpenedAtMs: number | null;
};

export const toShare = (row: ShareLink): ShareEntry => ({
  id: row.id,
  targetType: row.targetType as ShareTarget,
  targetId: row.targetId,
  name: row.name,
  createdById: row.createdById,
  createdAtMs: row.createdAt.getTime(),
  expiresAtMs: row.expiresAt.getTime(),
  openedCount: row.openedCount,
  lastOpenedAtMs: row.lastOpenedAt?.getTime() ?? null,
});
