export { getAuth, serverSecret } from "./better-auth";
export { forgetSession, getSystemCtx, type RequestHeaders, resolveCtx } from "./resolve-ctx";
