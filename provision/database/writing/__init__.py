"""From a plan to rows, and to the ledger."""
