"""Logs in through the application's own route: python login.py EMAIL VARIABLE, the variable holding the password."""

import asyncio
import os
import sys

from app.main import app
from httpx import ASGITransport, AsyncClient


async def login(email: str, password: str) -> str:
    """Log in and ask who one is; what the application answered."""
    async with AsyncClient(transport=ASGITransport(app), base_url="http://app") as client:
        answer = await client.post("/api/v1/login/access-token", data={"username": email, "password": password})
        if answer.is_error:
            return f"refused: {answer.status_code} {answer.json()['detail']}"
        token = answer.json()["access_token"]
        me = await client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"})
        return f"logged in: {me.json()['full_name']}, superuser: {me.json()['is_superuser']}"


print(asyncio.run(login(sys.argv[1], os.environ[sys.argv[2]])))
