module example.org/ticker-client

go 1.23
