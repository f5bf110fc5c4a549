import { join } from "node:path";
import { env } from "@/server/env";

type JobPlace = { id: string; rootJobId: string | null };

/* Where a job lives on disk. A pipeline shares its root's tree and scratch folder. */
export const jobsDir = (): string => join(env().dataDir, "jobs");
export const jobDir = (job: JobPlace): string => join(jobsDir(), job.id);
const rootDir = (job: JobPlace): string => join(jobsDir(), job.rootJobId ?? job.id);
export const treeDir = (job: JobPlace): string => join(rootDir(job), "tree");
export const scratchDir = (job: JobPlace): string => join(rootDir(job), "scratch");
export const inputsDir = (job: JobPlace): string => join(jobDir(job), "inputs");
export const manifestPath = (job: JobPlace): string => join(jobDir(job), "manifest.json");
