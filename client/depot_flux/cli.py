"""Command line `depot-flux`."""
