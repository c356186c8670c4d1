"""A simulator of Chorus Pro's API Dépôt Flux G2B."""
