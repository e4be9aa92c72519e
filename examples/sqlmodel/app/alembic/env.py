"""How Alembic reaches the database: as the application does."""

from alembic import context
from app.db import engine
from app.models import SQLModel

with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=SQLModel.metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
