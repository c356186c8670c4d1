"""The server and the supervisor of its engine."""
