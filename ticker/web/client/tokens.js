/**
 * Reader tokens, for protected editions (PROTOCOL.md §6): the three transports with a token each.
 *
 *     const ticker = new Ticker({ edition: "premium", transports: withToken(() => login.token()) });
 *
 * Pages of the newsroom's own site need none of this: their browser sends the token as a cookie.
 *
 * @import { Receiver, Socket, Transport } from "./transports.js"
 */

import { deferred, eventSource, openSocket, poll } from "./transports.js";

/** Close code for a missing, refused or expired token. */
const UNAUTHORISED = 4401;
/** Close code in its place for the first time: `Connection` reconnects, and gets a new token. */
const RECONNECT = 4000;

/**
 * Return transports that send a token. A refused token is replaced once; if the next one is refused too,
 * the ticker stops.
 *
 * @param {(refused: boolean) => string | Promise<string>} getToken Return a token that is valid now. It is
 *   called before each connection, and about a minute before the token expires. `refused`: the last one
 *   was refused, so do not return it again. An error counts as a lost connection.
 * @returns {Transport[]}
 */
export function withToken(getToken) {
  let refused = false;
  /** @param {(base: URL, query: URLSearchParams, receiver: Receiver, token: string) => Socket} open */
  const transport = (open) => /** @type {Transport} */ (
    (base, query, { message, close }) => {
      /** @type {Receiver} */
      const receiver = {
        message(data) {
          message(data);
          if (data.type === "welcome") refused = false;
          if (/** @type {{type: string}} */ (data).type !== "token_expiring") return;
          // Without a new one, the server ends the connection when the old one expires.
          ask().then((token) => socket.send?.({ type: "token", token }), () => {});
        },
        close(code, reason) {
          const again = code === UNAUTHORISED && !refused;
          refused ||= code === UNAUTHORISED;
          close(again ? RECONNECT : code, reason);
        },
      };
      const ask = async () => getToken(refused);
      /** @returns {Promise<Transport>} */
      const load = async () => {
        const token = await ask();
        return (...connection) => open(...connection, token);
      };
      const socket = deferred(load)(base, query, receiver);
      return socket;
    }
  );
  /** @param {Transport} plain Sends the token in the query, because a browser permits no header. */
  const inQuery = (plain) =>
    transport((base, query, receiver, token) => {
      const own = new URLSearchParams(query);
      own.set("access_token", token);
      return plain(base, own, receiver);
    });
  const inProtocol = transport((base, query, receiver, token) =>
    openSocket(base, query, receiver, ["ticker.v1", `ticker.token.${token}`]),
  );
  return [inProtocol, inQuery(eventSource), inQuery(poll)];
}
