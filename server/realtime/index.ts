/* Sockets to domain: live documents, live pages and logs. Terminal keys travel on the live socket. */
export { handleLiveSocket } from "./live/live-socket";
export { drainRooms, handleDocsSocket } from "./rooms";
export { closeAllSockets } from "./socket";
