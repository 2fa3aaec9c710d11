// The JavaScript client under all cases at once: node client.mjs CLIENT_URL BASE_URL CASES
// Prints {case: {board, stopped}} as JSON.
Math.random = () => 0.02; // the first waits stay short
const [client, base, cases] = process.argv.slice(2);
const { Subscriptions, Ticker, webSocket } = await import(client);
const transports = [webSocket];
const END = "End of the case";
const board = (items) => items.map(({ id, version, headline }) => ({ id, version, headline }));
const has = (items, wanted) => items.some(({ headline }) => headline === wanted);

/** Follow a case until its last item is shown, or the client has stopped. */
function follow(url, filter, backlog) {
  const ticker = new Ticker({ url, ...filter, share: false, backlog, transports });
  return new Promise((resolve) => {
    const end = (stopped) => {
      ticker.stop();
      resolve({ board: board(ticker.state.items), stopped });
    };
    ticker.addEventListener("change", () => has(ticker.state.items, END) && end(false));
    ticker.addEventListener("status", ({ detail }) => detail.phase === "stopped" && end(true));
    ticker.start();
  });
}

/** The same with several subscriptions. */
function followSeveral(url, given, begin, changes, backlog) {
  const feed = new Subscriptions({ url, transports });
  const options = (name) => ({ ...given[name], backlog });
  for (const name of begin) feed.subscribe(name, options(name));
  return new Promise((resolve) => {
    feed.addEventListener("change", () => {
      const names = feed.names;
      const [change] = changes;
      if (change && names.some((name) => has(feed.items(name), change.headline))) {
        changes.shift();
        if (change.unsubscribe) feed.unsubscribe(change.unsubscribe);
        else feed.subscribe(change.subscribe, options(change.subscribe));
      }
      if (!names.every((name) => has(feed.items(name), END))) return;
      feed.stop();
      resolve({ board: Object.fromEntries(names.map((name) => [name, board(feed.items(name))])), stopped: false });
    });
    feed.start();
  });
}

const all = Object.entries(JSON.parse(cases)).map(async ([name, { filter, subscriptions, begin, changes, backlog }]) => {
  const url = `${base}/js/${name}/`;
  return [name, await (subscriptions ? followSeveral(url, subscriptions, begin, changes, backlog) : follow(url, filter, backlog))];
});
console.log(JSON.stringify(Object.fromEntries(await Promise.all(all))));
