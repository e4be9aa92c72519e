"""Kinds at their tables: columns, types, references, and what does not fit."""
