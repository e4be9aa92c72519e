"""What `provision explain` shows to people."""

from __future__ import annotations

from collections.abc import Iterator

from provision.core.account import Account
from provision.report.escape import line_of_data, printable
from provision.report.explain_words import Explanation, conditions_of, sentences_of, state_of, value_of


def as_text(explanation: Explanation) -> Iterator[str]:
    """A paragraph for each resource, and in it one for each field."""
    yield f"Project {printable(explanation.project)} on {printable(explanation.target)}"
    for account in explanation.accounts:
        yield ""
        yield from _account(account)


def _account(account: Account) -> Iterator[str]:
    yield line_of_data(f"{account.address}: {state_of(account)}")
    for sentence in conditions_of(account):
        yield f"  {printable(sentence)}"
    for item in account.fields:
        yield ""
        yield line_of_data(f"  {item.name} = {value_of(item, item.found)}" if account.exists else f"  {item.name}")
        for sentence in sentences_of(item, account):
            yield f"      {printable(sentence)}"
