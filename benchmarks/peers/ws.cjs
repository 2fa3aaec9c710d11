// ws: every message to every client, as its own example of a broadcast does.
const { WebSocket, WebSocketServer } = require("ws");
const control = require("./control.cjs");

const [port, controlPort] = process.argv.slice(2).map(Number);
const server = new WebSocketServer({
  host: "127.0.0.1",
  port,
  backlog: 4096,
  perMessageDeflate: false,
});
control(controlPort, (message) => {
  server.clients.forEach((client) => {
    if (client.readyState === WebSocket.OPEN) client.send(message);
  });
});
