export { checkKeyName, checkLength, maxKeyLength } from "./check-key";
export { pythonDumps, pythonJson } from "./python-json";
