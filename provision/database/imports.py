"""Importing what provision.toml names from the application's own package."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from functools import reduce
from typing import Any

from provision.errors import InvalidInputError, ProvisionError
from provision.settings import Settings, settings_problem


def prepare_backend(settings: Settings) -> None:
    """Put the backend's folder on `sys.path` and call its loader, so that every mapped class is known."""
    folder = str((settings.root / settings.backend.path).resolve())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    if settings.backend.load:
        loader = import_object(settings, ("backend", "load"), settings.backend.load)
        _guarded(settings, ("backend", "load"), settings.backend.load, loader)


def import_object(settings: Settings, path: Sequence[str], reference: str) -> Any:
    """What `package.module:name` names; raises InvalidInputError that points at the line in provision.toml."""
    module_name, _, attribute = reference.partition(":")
    module = _guarded(settings, path, reference, lambda: importlib.import_module(module_name))
    try:
        return reduce(getattr, attribute.split("."), module)
    except AttributeError:
        problem = settings_problem(settings, path, f"{module_name} has no {attribute}", "correct the name")
        raise InvalidInputError([problem]) from None


def value_of(settings: Settings, path: Sequence[str], reference: str) -> Any:
    """What `package.module:name` is, or returns when it can be called."""
    given = import_object(settings, path, reference)
    return _guarded(settings, path, reference, given) if callable(given) else given


def _guarded(settings: Settings, path: Sequence[str], reference: str, call: Any) -> Any:
    """Run the application's own code: whatever it raises is said in one line, without its message (which may hold
    a connection string), unless it is a missing module, whose name helps and harms nobody.
    """
    try:
        return call()
    except ProvisionError:
        raise
    except ModuleNotFoundError as error:
        message = f"{reference} cannot be imported: there is no module {error.name}"
        hint = f"[backend] path is {settings.backend.path!r}: the folder that holds the application's package"
    except (Exception, SystemExit) as error:  # noqa: BLE001  the application may raise anything, and may not end us
        message = f"{reference} cannot be used: it raised {type(error).__name__}"
        module, _, name = reference.partition(":")
        hint = f"see why with: python -c 'from {module} import {name.split('.')[0]} as it; it()'"
    raise InvalidInputError([settings_problem(settings, path, message, hint)]) from None
