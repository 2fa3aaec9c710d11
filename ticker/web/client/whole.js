/**
 * Snapshots in pages (PROTOCOL.md §5) as one: a state is replaced when the last page is there, so no cursor is
 * ahead of its items. The widget does without them.
 *
 * @import { Snapshot } from "./state.js"
 * @import { Transport } from "./transports.js"
 */

/**
 * Return transports that join the pages of each snapshot.
 *
 * @param {Transport[]} transports @returns {Transport[]}
 */
export const wholeSnapshots = (transports) =>
  transports.map((transport) => (base, query, receiver) => {
    /** @type {Snapshot|null} The snapshot of which pages are to come. */
    let begun = null;
    return transport(base, query, {
      ...receiver,
      message(message) {
        const { type } = message;
        if (type !== "snapshot" && type !== "page") {
          if (type === "welcome") begun = null; // a reset may come between two pages
          return receiver.message(message);
        }
        if (type === "snapshot") begun = { ...message, items: [] };
        begun?.items.push(...message.items);
        // Without its items, a page only says that the connection lives.
        if (message.more) return receiver.message({ ...message, type: "page", items: [], more: true });
        if (begun) receiver.message({ ...begun, more: false });
        begun = null;
      },
    });
  });
