"""The contract's workshop: base plus overlay gives the effective contract and its client."""
