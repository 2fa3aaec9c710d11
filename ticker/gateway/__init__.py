"""The gateway: tail, hub and the WebSocket and event-stream edges. One of each per process."""
