"""Who may call: PISTE's tokens, applications and their technical accounts."""
