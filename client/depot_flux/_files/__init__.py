"""What is deposited: sources, envelopes, what can be said of a file beforehand."""
