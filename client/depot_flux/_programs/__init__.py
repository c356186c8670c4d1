"""What the clients do, written once for synchronous and asynchronous programs."""
