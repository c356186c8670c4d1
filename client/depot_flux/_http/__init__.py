"""Access and repeated calls."""
