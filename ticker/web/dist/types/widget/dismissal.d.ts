/** Return the place of the newest dismissed item on the wire, or "". @param {string} key */
export function dismissedUntil(key: string): any;
/** @param {string} key @param {string} until Publication time and id of the newest dismissed item. */
export function dismiss(key: string, until: string): void;
