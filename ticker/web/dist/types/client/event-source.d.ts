export function eventSource(base: URL, query: URLSearchParams, receiver: import("./transports.js").Receiver): import("./transports.js").Socket;
