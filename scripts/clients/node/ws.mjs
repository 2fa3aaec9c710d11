import WebSocket from "ws";

let after = "";
function connect() {
  const address = process.argv[2].replace("http", "ws");
  const socket = new WebSocket(`${address}/v1/ws?backlog=0&after=${after}`, { handshakeTimeout: 2000 });
  socket.on("message", (data) => {
    const { type, mode, cursor, item } = JSON.parse(data);
    if (type === "item") console.log(item.id);
    if (cursor && (type !== "welcome" || mode === "live")) after = cursor;
  });
  socket.on("error", () => {});
  socket.on("close", () => setTimeout(connect, 200));
}
connect();
