"""The file of a saved plan, `provision.plan/v1`: JSON without a secret, sealed against changes by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from provision.core.address import parse_address
from provision.core.value import canonical_json
from provision.errors import InvalidInputError, Problem
from provision.secrets.files import UnreadableFileError, read_named
from provision.secrets.seal import KEYED, Seal
from provision.settings.model import PROJECT

FORMAT = "provision.plan/v1"
SUFFIX = ".json"
_FAMILY = FORMAT.partition("/")[0] + "/"
# A plan of 100,000 rows with ten fields each has 30 MB.
MAX_BYTES = 512 * 1024 * 1024
AGAIN = "make it anew: provision plan -o plan.json"

Digest = Annotated[str, Field(pattern=r"^(hmac-)?sha256:[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class Options(_Part):
    """What was asked for, as far as it decides what is planned; `paths` are relative to provision.toml.

    `rollback` is the id of the run that is undone, instead of what the manifests declare.
    """

    paths: list[str]
    target: list[str]
    exclude: list[str]
    labels: dict[str, str]
    prune: bool
    max_removals: str | None
    allow_no_superuser: bool
    take_over: bool
    rollback: str | None = None


def _is_address(text: str) -> str:
    parse_address(text)
    return text


class SeenRow(_Part):
    """A row that the plan was computed from: the digest of what was found in each field that matters."""

    address: Annotated[str, AfterValidator(_is_address)]
    found: dict[str, str]


class SavedPlan(_Part):
    """The whole document; `changes` are for people and other programs, since apply computes its own.

    `files` are the digests of provision.toml, the policies and, but for a rollback, the manifests; `rows` are
    those that it was made from.
    """

    format: Literal["provision.plan/v1"]
    tool_version: str
    made_at: str
    project: str = Field(pattern=PROJECT)
    target: str
    fingerprint: Digest
    files: dict[str, Digest]
    options: Options
    summary: dict[str, int]
    changes: list[dict[str, Any]]
    rows: list[SeenRow]


def read_plan(file: Path, seal: Seal) -> SavedPlan:
    """Read and check a saved plan; raises InvalidInputError for one that is not whole, or not for this program."""
    try:
        content = read_named(file, limit=MAX_BYTES)
        found = json.loads(content.data, parse_constant=_refuse_constant)
    except UnreadableFileError as error:
        raise _unfit(file, error.message, error.hint) from None
    except (ValueError, RecursionError):
        raise _unfit(file, "is not JSON", AGAIN) from None
    if not isinstance(found, dict) or not str(found.get("format")).startswith(_FAMILY):
        raise _unfit(file, "is not a saved plan", AGAIN)
    if found["format"] != FORMAT:
        raise _unfit(file, f"has a format that this program does not know; it knows {FORMAT}", "upgrade provision")
    _require_seal(file, found, seal)
    try:
        return SavedPlan.model_validate(found)
    except ValidationError as error:
        where = ".".join(map(str, error.errors(include_input=False, include_url=False)[0]["loc"]))
        raise _unfit(file, f"is not a plan of this program: {where}", AGAIN) from None


def sealed(members: Mapping[str, Any], seal: Seal) -> str:
    """The seal over everything else that the document says."""
    return seal.stamp(canonical_json({name: value for name, value in members.items() if name != "seal"}))


def _require_seal(file: Path, found: dict[str, Any], seal: Seal) -> None:
    stamp = found.pop("seal", None)
    if not isinstance(stamp, str):
        raise _unfit(file, "has no seal", AGAIN)
    if stamp.startswith(f"{KEYED}:") and not seal.is_keyed:
        hint = "set PROVISION_FINGERPRINT_KEY as it was when the plan was made"
        raise _unfit(file, "was sealed with a key, and there is none here", hint)
    if seal.is_keyed and not stamp.startswith(f"{KEYED}:"):
        hint = "set PROVISION_FINGERPRINT_KEY where plans are made, too"
        raise _unfit(file, "was made without the key that there is here", hint)
    try:
        is_whole = seal.fits(canonical_json(found), stamp)
    except (ValueError, RecursionError):
        is_whole = False
    if not is_whole:
        why = " or sealed with another key" if seal.is_keyed else ""
        raise _unfit(file, f"was changed after it was made{why}", AGAIN)


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and infinities are not JSON")


def _unfit(file: Path, message: str, hint: str) -> InvalidInputError:
    return InvalidInputError([Problem(message=f"the plan {file} {message}", hint=hint)])
