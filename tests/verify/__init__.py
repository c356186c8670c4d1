"""Any platform held to the contract."""
