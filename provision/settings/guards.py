"""What no run may do without being asked: the table `[guards]` of provision.toml."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from provision.core.address import parse_address
from provision.core.ceiling import parse_ceiling
from provision.core.guards import Rules
from provision.settings.binding import Table


def _ceiling(value: Any) -> Any:
    """Before the types are looked at, so that there is one message and not one for each type."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    try:
        parse_ceiling(text if isinstance(text, str) else "")
    except ValueError as error:
        raise PydanticCustomError("ceiling", "{why}", {"why": str(error)}) from None
    return text


def _pattern(text: str) -> str:
    kind, _, name = text.partition("/")
    if not kind or not name:
        raise PydanticCustomError("pattern", "is not a pattern of addresses, such as User/root or ApiKey/root/*")
    return text


def _address(text: str) -> str:
    try:
        parse_address(text)
    except ValueError as error:
        raise PydanticCustomError("address", "{why}", {"why": str(error)}) from None
    return text


CeilingText = Annotated[int | str, BeforeValidator(_ceiling)]
Pattern = Annotated[str, AfterValidator(_pattern)]
AddressText = Annotated[str, AfterValidator(_address)]
Label = Annotated[str, Field(min_length=1)]


class GuardSettings(Table):
    """What no run may do without being asked."""

    max_removals: CeilingText = Field(
        default="25%",
        description="How much one run may disable and delete: a number, or a share of what is managed, which counts "
        "from 10 managed resources on. `--max-removals` takes its place.",
    )
    max_changes: CeilingText | None = Field(
        default=None, description="How many resources one run may change in any way, new ones included; likewise."
    )
    min_superusers: int = Field(
        default=1,
        ge=0,
        description="How many administrators of a kind have to stay, both enabled and able to log in, where a run "
        "would make them fewer. `--allow-no-superuser` lifts it.",
    )
    protected: list[Pattern] = Field(
        default=[],
        description='What is never disabled, deleted, abandoned or renamed: addresses, with `*` as in `["User/root", '
        '"ApiKey/root/*"]`.',
    )
    required_labels: list[Label] = Field(
        default=[], description="The labels that a resource needs when it is created, adopted, renamed or updated."
    )
    keep: list[AddressText] = Field(
        default=[],
        description='Who has to be able to log in after every run, by address: `["User/deploy-bot"]`. It is seen to '
        "before the commit, with all that triggers and events have done.",
    )

    @property
    def rules(self) -> Rules:
        """The same in the core's terms."""
        return Rules(
            max_removals=parse_ceiling(str(self.max_removals)),
            max_changes=None if self.max_changes is None else parse_ceiling(str(self.max_changes)),
            min_superusers=self.min_superusers,
            protected=tuple(self.protected),
            required_labels=tuple(self.required_labels),
            keep=tuple(parse_address(text) for text in dict.fromkeys(self.keep)),
        )
