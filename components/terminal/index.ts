export { RunLog, type RunLogProps } from "./run-log";
