import ReconnectingWebSocket from "reconnecting-websocket";
import WebSocket from "ws";

let after = "";
const address = process.argv[2].replace("http", "ws");
const url = () => `${address}/v1/ws?backlog=0&after=${after}`;
const options = { WebSocket, minReconnectionDelay: 100, maxReconnectionDelay: 500, connectionTimeout: 2000 };
const socket = new ReconnectingWebSocket(url, ["ticker.v1"], options);
socket.addEventListener("message", ({ data }) => {
  const { type, mode, cursor, item } = JSON.parse(data);
  if (type === "item") console.log(item.id);
  if (cursor && (type !== "welcome" || mode === "live")) after = cursor;
});
