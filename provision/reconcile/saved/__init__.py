"""Saved plans: what was planned is what is applied, or nothing is."""
