"""Outbound HTTP for those who send a request to each of a million phones.

    pool      Pool.post: what senders call; origins, time-outs, bounds
    reply     what comes back: Reply, or Unanswered with why
    head      the headers of a message, encoded once for both protocols
    origin    one scheme, host and port: its connections, and who waits for one
    resolve   its addresses, checked
    http2     an HTTP/2 connection; session decides (no I/O), frames and fields are its bytes
    http1     an HTTP/1.1 connection

One request costs a future and a few dozen bytes of framing: no task, no timer, no parsing of what
was parsed before. That is what makes thousands a second possible beside the cryptography.
"""
