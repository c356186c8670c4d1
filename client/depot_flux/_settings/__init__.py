"""How settings are read and checked: addresses, values, profiles of a file."""
