export { handleDocsSocket } from "./docs-socket";
export { drainRooms } from "./registry";
