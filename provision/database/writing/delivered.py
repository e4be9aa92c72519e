"""What the ledger knows of secrets that were made and have not been delivered, and the note that one has been."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address, Slot, parse_address
from provision.core.moment import after, seconds_between
from provision.core.state import SecretRecord
from provision.database.dialects.dialect import name_of
from provision.database.dialects.keyset import among
from provision.database.ledger import RESOURCE, read_secrets, written_secrets
from provision.database.writing.remembered import write_secrets

Remembered = Mapping[Address, Mapping[str, SecretRecord]]


async def remembered_secrets(session: AsyncSession, project: str, addresses: Collection[Address]) -> Remembered:
    """What is remembered of the secrets of these resources, in one query."""
    keys = {(str(address),) for address in addresses}
    query = select(RESOURCE.c.address, RESOURCE.c.secrets).where(
        RESOURCE.c.project == project, among([RESOURCE.c.address], keys, name_of(session))
    )
    return {parse_address(address): read_secrets(text) for address, text in await session.execute(query)}


async def runs_waited_for(session: AsyncSession, project: str) -> Counter[str]:
    """The runs of which secrets have not been delivered, and how many, declared or not any more; in one query."""
    query = select(RESOURCE.c.secrets).where(
        RESOURCE.c.project == project, RESOURCE.c.secrets.contains('"pending"', autoescape=True)
    )
    secrets = (secret for text in await session.scalars(query) for secret in read_secrets(text).values())
    return Counter(secret.pending for secret in secrets if secret.pending)


async def mark_delivered(
    session: AsyncSession, project: str, known: Remembered, slots: Collection[Slot], now: str
) -> None:
    """Note that these secrets have arrived; an overlap begins anew, since nobody could use it before."""
    changed = {
        address: written_secrets(
            {name: _arrived(secret, now) if (address, name) in slots else secret for name, secret in secrets.items()}
        )
        for address, secrets in known.items()
        if any((address, name) in slots for name in secrets)
    }
    await write_secrets(session, project, changed)


def _arrived(secret: SecretRecord, now: str) -> SecretRecord:
    late = seconds_between(secret.set_at, now) if secret.set_at else 0.0
    retiring = {generation: after(at, max(late, 0.0)) for generation, at in secret.retiring.items()}
    return replace(secret, pending=None, retiring=retiring)
