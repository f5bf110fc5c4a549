/* The MLproject grammar: what a project's files declare, what is wrong with them, and the command a launch runs. Pure: browser and server use the same. */
export { checkEnvironment, type EnvironmentFile } from "./check-environment";
export { checkParameters, faultOf, isLocalPath, schemeOf } from "./check-parameters";
export { type EnvironmentSpec, readEnvironment, type Requirement } from "./environment-file";
export { fallbackEntryPoint } from "./fallback-entry-point";
export { findMlproject, readOutline } from "./outline";
export { applyEdits } from "./places";
export { parseDuration, parseMemory } from "./quantities";
export { renderCommand } from "./render-command";
export { shellQuote } from "./shell-words";
export type * from "./types";
export { CommandError } from "./types";
