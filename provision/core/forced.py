"""Rotations that somebody asked for by name, and why one of them cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from provision.core.address import Address
from provision.core.plan import Action, Change
from provision.core.rename import Resources
from provision.core.rotation import Forced
from provision.core.state import Resource
from provision.errors import Problem


def not_rotated(
    asked: Mapping[Address, Forced], changes: Iterable[Change], resources: Resources
) -> Iterator[Problem]:
    """A problem for each address that was asked for and does not get a successor."""
    rotated = {change.address: change.action for change in changes}
    for address in sorted(asked):
        action = rotated.get(address)
        resource = resources.get(address)
        if action is Action.ROTATE and resource is not None and _has_overlap(asked[address], resource):
            continue
        if resource is None:
            message, hint = f"{address} is not declared", "an address looks like ApiKey/deploy-bot/ci"
        elif not any(rule.generated for rule in resource.secrets.values()):
            message = f"{address} has no secret that is generated here"
            hint = "rotation makes a new one: declare generate instead of from or hash"
        elif action is Action.ROTATE:
            message = f"{address} declares no rotate.overlap, so nothing says how long its former key stays valid"
            hint = "say it: --overlap 7d, or --revoke-old-now"
        elif action in (Action.CREATE, Action.RENAME):
            message, hint = f"{address} waits to be {action}d", "provision apply does that first"
        else:
            message = f"{address} has no generations to rotate, or is left alone (state, ignore_changes)"
            hint = "bind generation in provision.toml, or raise the version of the secret"
        yield Problem(message=message, position=resource.position if resource else None, hint=hint)


def _has_overlap(forced: Forced, resource: Resource) -> bool:
    said = forced.revoke_now or forced.overlap is not None
    return said or any(rule.rotation is not None for rule in resource.secrets.values())
