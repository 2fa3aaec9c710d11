"""Open connections that pass between the gateway and the web process of one machine."""
