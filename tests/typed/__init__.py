"""Programs as users write them, held to strict type checkers."""
