"""Makes the application's tables."""

import asyncio

from app.db import create_tables

asyncio.run(create_tables())
