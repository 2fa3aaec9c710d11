"""The HTTP client for the outside world: push providers, webhooks, WebSub hubs, Google's tokens.

    client         HttpClient.request and .post; origins, time-outs, bounds
    reply          the outcome: Reply, or Unanswered with the reason
    headers        the headers of a request, prepared once for both protocols
    ssrf_guard     the addresses that untrusted URLs may lead to
    resolver       the parts and addresses of an origin
    origin         the connections to one scheme, host and port
    connection     what an origin and its connections know of each other
    exchange       one request under way
    http2          an HTTP/2 connection, on the h2 library (h2_connection)
    http1          an HTTP/1.1 connection, on the httptools library

A request to a provider costs no task and no timer, and all requests of one turn of the event loop
are one write to the socket.
"""
