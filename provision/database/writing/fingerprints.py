"""Noting a new fingerprint of a secret that is not written itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address
from provision.core.state import Record
from provision.database.ledger import written_secrets
from provision.database.writing.remembered import write_secrets


async def write_fingerprints(
    session: AsyncSession,
    project: str,
    records: Mapping[Address, Record],
    fingerprints: Mapping[tuple[Address, str], str],
) -> None:
    """Replace the fingerprints of these secrets, in one statement; what the ledger does not hold is left out."""
    texts: dict[Address, str] = {}
    for address in {address for address, _ in fingerprints}:
        record = records.get(address)
        if record is not None:
            secrets = {
                name: replace(secret, fingerprint=fingerprints.get((address, name), secret.fingerprint))
                for name, secret in record.secrets.items()
            }
            texts[address] = written_secrets(secrets)
    await write_secrets(session, project, texts)
