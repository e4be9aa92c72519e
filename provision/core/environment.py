"""The variables of the environment, among which secrets are: each can be read by its name, and none is printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NoReturn


class Environment(Mapping[str, str]):
    """A view of other variables that shows nothing of them, as in a traceback with the values of all variables."""

    __slots__ = ("_variables",)

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def __getitem__(self, name: str) -> str:
        return self._variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)

    def __repr__(self) -> str:
        return "(environment)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an environment is not serialised")
