export { checkKeyName, checkLength, maxKeyLength } from "./check-key";
export { pythonJson } from "./python-json";
