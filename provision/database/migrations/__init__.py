"""The ledger's own migrations, run by alembic on our connection and inside our transaction."""
