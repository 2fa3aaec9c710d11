/**
 * Return transports that send a token. A refused token is replaced once; if the next one is refused too,
 * the ticker stops.
 *
 * @param {(refused: boolean) => string | Promise<string>} getToken Return a token that is valid now. It is
 *   called before each connection, and about a minute before the token expires. `refused`: the last one
 *   was refused, so do not return it again. An error counts as a lost connection.
 * @returns {Transport[]}
 */
export function withToken(getToken: (refused: boolean) => string | Promise<string>): Transport[];
import type { Transport } from "./transports.js";
