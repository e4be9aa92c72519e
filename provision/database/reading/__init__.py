"""From rows to what is observed."""
