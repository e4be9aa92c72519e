"""Secrets: where they come from, and what the database keeps of them."""
