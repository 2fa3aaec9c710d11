// Messages from the control connection: four bytes of length, big endian, then the message.
const net = require("node:net");

module.exports = function control(port, send) {
  const server = net.createServer((socket) => {
    let held = Buffer.alloc(0);
    socket.on("data", (data) => {
      held = held.length ? Buffer.concat([held, data]) : data;
      let at = 0;
      while (held.length >= at + 4) {
        const end = at + 4 + held.readUInt32BE(at);
        if (held.length < end) break;
        send(held.toString("utf8", at + 4, end));
        at = end;
      }
      held = held.subarray(at);
    });
    socket.on("end", () => process.exit(0));
  });
  server.listen(port, "127.0.0.1");
};
