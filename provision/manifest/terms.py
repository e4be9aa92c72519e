"""The terms on which secrets are issued, as a manifest declares them, and what no model can check of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provision.core.state import SecretRule
from provision.kinds.kind import Kind
from provision.kinds.secret_spec import SecretSpec
from provision.kinds.terms import NO_TERMS, TERMS, Issue, issue_of

_TERMS = frozenset(TERMS)
# Which part of the spec, what is wrong with it, and a hint.
Unfit = tuple[tuple[str, ...], str, str]


def issues(kind: Kind, given: Mapping[str, Any]) -> Mapping[str, Issue]:
    """The terms of each declared secret of a resource."""
    return {name: _issue(kind, name, given) for name in kind.secrets if name in given}


def rule_of(secret: SecretSpec, issue: Issue) -> SecretRule:
    """What the diff may know of a secret that is issued on these terms."""
    rule = secret.rule()
    generated = secret.generated() is not None
    if not generated and issue is NO_TERMS:
        return rule
    return SecretRule(
        update=rule.update,
        version=rule.version,
        generated=generated,
        deliver_to=tuple(sink.shown() for sink in issue.deliver_to),
        rotation=issue.rotation,
        lifetime=issue.lifetime,
    )


def unfit_terms(kind: Kind, given: Mapping[str, Any]) -> Iterator[Unfit]:
    """What is wrong with the terms of a resource's secrets."""
    beside = kind.vocabulary.terms
    for name, issue in issues(kind, given).items():
        if issue is NO_TERMS:
            continue
        place = () if beside == name else (name,)
        yield from _unfit(kind, given, name, place, issue)
    if beside is not None and beside not in given:
        for term in TERMS:
            if term in given:
                yield (term,), f"{term} is about {beside}, which is not declared", f"declare {beside}, or remove it"


def _issue(kind: Kind, name: str, given: Mapping[str, Any]) -> Issue:
    beside, secret = kind.vocabulary.terms == name, given[name]
    if _TERMS.isdisjoint(given if beside else secret.model_fields_set):
        return NO_TERMS
    return issue_of(given if beside else secret.written())


def _unfit(kind: Kind, given: Mapping[str, Any], name: str, place: tuple[str, ...], issue: Issue) -> Iterator[Unfit]:
    shape, rotation = kind.shape, issue.rotation
    if given[name].generated() is None:
        hint = f"declare {name}: {{generate: …}}, or remove it"
        for term, said in (("rotate", rotation), ("deliver_to", issue.deliver_to)):
            if said:
                yield (*place, term), f"{term} belongs beside a secret that is generated", hint
    if rotation and not shape.generations:
        hint = "bind generation and on_remove.disable in provision.toml"
        yield (*place, "rotate"), f"a {kind.name} has no generations, of which one could follow another", hint
    if rotation and rotation.overlap >= rotation.every:
        yield (*place, "rotate", "overlap"), "the overlap is as long as the time between rotations", "shorten it"
    if issue.lifetime is None:
        return
    if shape.expires is None:
        yield (*place, "expires_in"), f"nothing says when a {kind.name} expires", "bind expires in provision.toml"
    elif shape.expires in given:
        yield (*place, "expires_in"), f"{shape.expires} says already when it expires", "keep one of the two"
    if rotation and issue.lifetime <= rotation.every:
        yield (*place, "expires_in"), "it expires before its rotation is due", "make it every and overlap together"
