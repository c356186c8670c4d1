"""The comfortable way into the API Dépôt Flux G2B."""
