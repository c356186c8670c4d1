"""The simulator over HTTP. Flask stops here."""
