/** Where a project's environment is described; `none` is MLflow's empty environment. */
export type EnvKind = "conda" | "python_env" | "requirements" | "none" | "docker";

export type ParameterKind = "string" | "float" | "int" | "bool" | "path" | "uri" | "file" | "choice";

export type Parameter = {
  name: string;
  /** The type as the MLproject writes it; MLflow enforces only `path` and `uri`. */
  type: string;
  /** How a form shows it and how strict checks read it. */
  kind: ParameterKind;
  /** The text the command would show, as Python's `str()` renders the YAML value; null = none. */
  default: string | null;
  required: boolean;
  /** From `optional_parameters`: appended as ` --name value` only when a value is given. */
  optional: boolean;
  /** 1-based line of the declaration. */
  line: number;
  min?: number;
  max?: number;
  choices?: string[];
  help?: string;
  secret?: boolean;
  /** `step/artifact path`: the artifact of an earlier step that fills this parameter. */
  from?: string;
};

export type StepLimits = { memoryBytes?: number; timeoutSeconds?: number; graceSeconds?: number };

export type EntryPoint = {
  name: string;
  /** The command template, as written. */
  command: string;
  /** 1-based line of the entry point's name. */
  line: number;
  /** The file the command runs (`python download.py …` gives `download.py`), when it can be told. */
  sourceFile?: string;
  parameters: Parameter[];
  needs: string[];
  cache?: boolean;
  retries?: number;
  limits: StepLimits;
};

/** Replaces the text between two 1-based positions; the end is exclusive, as in Monaco. */
export type Edit = {
  path: string;
  startLine: number;
  startColumn: number;
  endLine: number;
  endColumn: number;
  text: string;
};

export type Problem = {
  path: string;
  severity: "error" | "warning";
  /** Says what is wrong and what to do about it. */
  message: string;
  /** 1-based. */
  line?: number;
  column?: number;
  endLine?: number;
  endColumn?: number;
  fix?: { title: string; edits: Edit[] };
};

export type Outline = {
  name?: string;
  envKind: EnvKind;
  envPath?: string;
  /** The MLproject file's real path (any letter case), when there is one. */
  mlprojectPath?: string;
  /** In pipeline order: `main` last. */
  entryPoints: EntryPoint[];
  problems: Problem[];
};

/** A file as the grammar sees it; text is null for binary or not-loaded files. */
export type ProjectFile = { path: string; text: string | null };

export type ParameterProblem = { field: `parameters.${string}`; message: string };

export type CheckedParameters = {
  /** Declared values with defaults filled in, then extras in the order given; raw, as logged to the run. */
  values: Record<string, string>;
  problems: ParameterProblem[];
};

/** A value as forms, JSON bodies and Python clients send it. */
export type ParameterValue = string | number | boolean;

/** A command that cannot be rendered; MLflow would raise KeyError, ValueError or IndexError here. */
export class CommandError extends Error {
  override name = "CommandError";
}
