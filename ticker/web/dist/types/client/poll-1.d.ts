export function poll(base: URL, query: URLSearchParams, ear: import("./transports.js").Ear): Link;
/**
 * Or a problem document.
 */
export type Answer = {
    cursor: string;
    mode: Welcome["mode"];
    reset: boolean;
    reason: string | null;
    more?: boolean;
    events?: ItemEvent[];
    items?: Snapshot["items"];
    type?: string;
    detail?: string;
};
import type { Link } from "./transports.js";
import type { Welcome } from "./board.js";
import type { ItemEvent } from "./board.js";
import type { Snapshot } from "./board.js";
