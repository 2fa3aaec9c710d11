"""The server processes: each connects the store, its part of the product and uvicorn."""
