"""Where the database is; the application's driver for PostgreSQL is psycopg."""

import os

from sqlmodel import create_engine

DATABASE_URL = os.environ.get("DATABASE_URL", "sqlite:///app.db")

engine = create_engine(DATABASE_URL.replace("postgresql://", "postgresql+psycopg://", 1))
