export { getAuth, handleByAuth, peerHeader, serverSecret } from "./better-auth";
export { forgetSession, getSystemCtx, isStepRequest, type RequestHeaders, resolveCtx } from "./resolve-ctx";
export { hashPassword, isPassword } from "./passwords";
