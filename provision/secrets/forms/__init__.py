"""The forms of stored passwords that are known here: how each is recognised, made and verified."""
