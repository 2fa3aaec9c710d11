// Socket.IO: io.emit to everybody, WebSocket only, no compression.
const { createServer } = require("node:http");
const { Server } = require("socket.io");
const control = require("./control.cjs");

const [port, controlPort] = process.argv.slice(2).map(Number);
const http = createServer();
const io = new Server(http, {
  transports: ["websocket"],
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
  pingInterval: 300_000, // longer than a round: the load does not answer pings
  maxHttpBufferSize: 1e6,
});
http.listen({ port, host: "127.0.0.1", backlog: 4096 });
control(controlPort, (message) => io.emit("item", JSON.parse(message)));
