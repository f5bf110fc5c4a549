export { createListener } from "./listener";
export { attachSockets } from "./sockets";
