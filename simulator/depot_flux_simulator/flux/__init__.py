"""The life of a flux: plain values, no HTTP, no SQL."""
