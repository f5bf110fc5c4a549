import { createHash, randomBytes } from "node:crypto";

/** A new secret: its prefix tells a person (and a secret scanner) what it is; 160 random bits follow. */
export const newSecret = (prefix: string): string => `${prefix}_${randomBytes(20).toString("hex")}`;

/** What is stored of a secret. It is random, so one round is enough. */
export const hashSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex");
