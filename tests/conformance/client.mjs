// The JavaScript client under all cases at once: node client.mjs CLIENT_URL BASE_URL CASE…
// Prints {case: {board, stopped}} as JSON.
Math.random = () => 0.02; // the first waits stay short
const [client, base, ...names] = process.argv.slice(2);
const { Ticker, webSocket } = await import(client);

/** Follow a case until its last item is shown, or the client has stopped. */
function follow(name) {
  const ticker = new Ticker({ url: `${base}/js/${name}/`, share: false, backlog: 20, transports: [webSocket] });
  return new Promise((resolve) => {
    const end = (stopped) => {
      const board = ticker.state.items.map(({ id, version, headline }) => ({ id, version, headline }));
      ticker.stop();
      resolve([name, { board, stopped }]);
    };
    ticker.addEventListener("change", () => {
      if (ticker.state.items.some(({ headline }) => headline === "End of the case")) end(false);
    });
    ticker.addEventListener("status", ({ detail }) => detail.phase === "stopped" && end(true));
    ticker.start();
  });
}

console.log(JSON.stringify(Object.fromEntries(await Promise.all(names.map(follow)))));
