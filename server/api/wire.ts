import { z } from "zod";
import { limits } from "@/common/limits";

/* The shapes on the wire. The document is made from these same schemas. */

export const basePath = "/api/2.0/flowbook";

const idOrName = z.string().min(1).max(300);
export const projectParams = z.object({ id: idOrName.meta({ description: "The project's id or its name." }) });
export const fileParams = projectParams.extend({ path: z.string().min(1).max(4_096).meta({ description: "The file's path in the project; it may hold slashes." }) });
export const launchParams = z.object({ id: z.string().min(1).max(64).meta({ description: "The launch's id." }) });
export const shareParams = z.object({ id: z.string().min(1).max(64).meta({ description: "The share's id." }) });

export const page = {
  max_results: z.coerce.number().int().min(1).max(limits.pageSizeMax).optional().meta({ description: `How many at most; ${limits.pageSize} when absent.` }),
  page_token: z.string().max(2_000).optional().meta({ description: "next_page_token of the page before." }),
};
const nextPage = { next_page_token: z.string().optional() };
const timeMs = z.number().int().meta({ description: "Milliseconds since 1970." });

export const project = z.object({ id: z.string(), name: z.string(), experiment_id: z.string() }).meta({ id: "Project" });
export const projectAnswer = z.object({ project });
export const projectList = z.object({ projects: z.array(project), ...nextPage });

export const entryPoint = z
  .object({
    name: z.string(),
    command: z.string(),
    parameters: z.array(z.object({ name: z.string(), type: z.string(), default: z.string().optional().meta({ description: "As the command would show it." }), required: z.boolean() })),
  })
  .meta({ id: "EntryPoint" });
export const problem = z
  .object({ path: z.string(), severity: z.enum(["error", "warning"]), message: z.string(), line: z.number().int().optional(), column: z.number().int().optional() })
  .meta({ id: "Problem", description: "Lines and columns count from 1." });
export const projectDetail = z.object({ project, entry_points: z.array(entryPoint), problems: z.array(problem) });

export const createProjectBody = z
  .object({
    name: z.string().optional().meta({ description: "Wanted here or in the query." }),
    files: z.record(z.string(), z.string()).optional().meta({ description: "Text by path." }),
    git_url: z.string().max(2_000).optional().meta({ description: "An https address." }),
    git_ref: z.string().max(300).optional().meta({ description: "A branch or tag." }),
  })
  .meta({ id: "CreateProject" });

export const file = z.object({ path: z.string(), size_bytes: z.number().int(), kind: z.enum(["text", "binary"]) }).meta({ id: "File" });
export const fileList = z.object({ files: z.array(file), ...nextPage });
export const fileAnswer = z.object({ file });

const parameterValue = z.union([z.string(), z.number(), z.boolean()]);
const envManager = z.enum(["local", "virtualenv", "uv", "conda"]);
export const launchBody = z
  .object({
    entry_point: z.string().min(1).max(500).optional().meta({ description: "`main` when absent." }),
    parameters: z.record(z.string(), parameterValue).optional().meta({ description: "Text, number or boolean; true is `True`, as Python prints it." }),
    env_manager: envManager.nullish().meta({ description: "Absent: the project's own." }),
    backend: z.string().max(100).nullish(),
    run_name: z.string().max(500).nullish(),
  })
  .meta({ id: "LaunchRequest" });

export const nestedLaunchBody = z
  .object({
    project_uri: z.string().min(1).max(4_096).meta({ description: "`.`: the step's own tree." }),
    cwd: z.string().max(4_096).nullish().meta({ description: "The caller's folder within the tree." }),
    entry_point: z.string().max(500).nullish(),
    parameters: z.record(z.string(), parameterValue).nullish(),
    experiment_id: z.union([z.string().regex(/^\d{1,10}$/), z.number().int().min(0)]).nullish(),
    parent_run_id: z.string().max(64).nullish(),
    run_name: z.string().max(500).nullish(),
    version: z.string().max(200).nullish(),
    env_manager: z.string().max(40).nullish(),
  })
  .meta({ id: "NestedLaunchRequest" });

export const launch = z
  .object({
    id: z.string(),
    run_id: z.string(),
    parent_run_id: z.string().optional(),
    project_id: z.string(),
    entry_point: z.string(),
    parameters: z.record(z.string(), z.string()),
    command: z.string().meta({ description: "As resolved: what bash is given." }),
    commit: z.string().meta({ description: "The git commit of the exact tree." }),
    state: z.enum(["queued", "preparing", "running", "stopping", "finished", "failed", "stopped", "lost"]),
    reason: z.string().optional(),
    exit_code: z.number().int().optional(),
    created_time: timeMs,
    start_time: timeMs.optional(),
    end_time: timeMs.optional(),
  })
  .meta({ id: "Launch" });
export const launchAnswer = z.object({ launch });
export const launchList = z.object({ launches: z.array(launch), ...nextPage });

export const waitSeconds = z.coerce.number().min(0).max(86_400).default(0).meta({ description: "Waits for news, at most 30 seconds." });

const target = z.object({ type: z.enum(["run", "experiment", "project"]), id: z.union([z.string().min(1).max(300), z.number().int().min(0)]).transform(String).pipe(z.string()) });
export const shareBody = z
  .object({
    target,
    role: z.literal("view").default("view"),
    name: z.string().max(200).nullish(),
    expires_in_seconds: z.number().int().nullish().meta({ description: "604800 (a week) when absent." }),
  })
  .meta({ id: "CreateShare" });
export const shareAnswer = z.object({ share: z.object({ id: z.string(), url: z.string().meta({ description: "Absolute; shown once." }), expires_time: timeMs }) });
export const shareList = z.object({
  shares: z.array(
    z
      .object({ id: z.string(), target: z.object({ type: z.enum(["run", "experiment", "project"]), id: z.string() }), role: z.literal("view"), name: z.string(), created_time: timeMs, expires_time: timeMs })
      .meta({ id: "Share" }),
  ),
  ...nextPage,
});

export const nothing = z.object({}).meta({ description: "Done; there is nothing to say." });
export const errorBody = z
  .object({
    error_code: z.string(),
    message: z.string(),
    problems: z.array(z.object({ field: z.string().meta({ example: "parameters.input1" }), message: z.string() })).optional(),
  })
  .meta({ id: "Error", description: "MLflow's error envelope; 400 names each refused field in `problems`." });
