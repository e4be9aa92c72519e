"""What a manifest may not say of a user or a key: refused by its model, at the right place, and by the schema too."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kinds.documents import BCRYPT, SHA256
from tests.kinds.verdicts import findings, schema_accepts


def user(**spec: Any) -> dict[str, Any]:
    """A manifest of a user with this in its spec."""
    return {"apiVersion": "provision/v1", "kind": "User", "metadata": {"name": "alice"}, "spec": spec}


def meta(**more: Any) -> dict[str, Any]:
    """A manifest of a user with this in its metadata."""
    return user() | {"metadata": {"name": "alice"} | more}


def life(**fields: Any) -> dict[str, Any]:
    """A manifest of a user with this lifecycle."""
    return meta(lifecycle=fields)


def key(**spec: Any) -> dict[str, Any]:
    """A manifest of a key of alice's with this in its spec."""
    return user(user="alice", **spec) | {"kind": "ApiKey"}


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The document less one of its keys."""
    return {other: value for other, value in document.items() if other != name}


ENV = {"env": "ALICE_PASSWORD"}
REFUSED = {
    "no apiVersion": (without(user(), "apiVersion"), "apiVersion"),
    "another apiVersion": (user() | {"apiVersion": "provision/v2"}, "apiVersion"),
    "no kind": (without(user(), "kind"), "kind"),
    "another kind": (user() | {"kind": "user"}, "kind"),
    "no metadata": (without(user(), "metadata"), "metadata"),
    "an unknown key of a document": (user() | {"status": {}}, "status"),
    "a spec that is null": (user() | {"spec": None}, "spec"),
    "no name": (user() | {"metadata": {}}, "metadata.name"),
    "an unknown key of metadata": (meta(namespace="x"), "metadata.namespace"),
    "an empty name": (meta(name=""), "metadata.name"),
    "a name of 65 characters": (meta(name="😀" * 65), "metadata.name"),
    "a name that is a number": (meta(name=7), "metadata.name"),
    "a name with a slash": (meta(name="a/b"), "metadata.name"),
    "a name with a space in front": (meta(name=" alice"), "metadata.name"),
    "a name with a line break at its end": (meta(name="alice\n"), "metadata.name"),
    "a name with a control character": (meta(name="al\x1bice"), "metadata.name"),
    "a name with a zero-width space": (meta(name="al\u200bice"), "metadata.name"),
    "a name that runs from right to left": (meta(name="al\u202eice"), "metadata.name"),
    "a name with the Arabic letter mark": (meta(name="al\u061cice"), "metadata.name"),
    "a label that is a number": (meta(labels={"team": 1}), "metadata.labels.team"),
    "a label with a space": (meta(labels={"a b": "x"}), "metadata.labels.a b.[key]"),
    "a label of 129 characters": (meta(labels={"a" * 129: "x"}), f"metadata.labels.{'a' * 129}.[key]"),
    "a label's value with a space": (meta(labels={"team": "a b"}), "metadata.labels.team"),
    "65 labels": (meta(labels={f"l{number}": "" for number in range(65)}), "metadata.labels"),
    "the same former name twice": (meta(previously=["a", "a"]), "metadata.previously"),
    "a former name that is no name": (meta(previously=["a/b"]), "metadata.previously.0"),
    "an unknown state": (life(state="gone"), "metadata.lifecycle.state"),
    "an unknown on_remove": (life(on_remove="drop"), "metadata.lifecycle.on_remove"),
    "prevent_removal as text": (life(prevent_removal="yes"), "metadata.lifecycle.prevent_removal"),
    "absent and not to be removed": (life(state="absent", prevent_removal=True), "metadata.lifecycle"),
    "the same ignored field twice": (life(ignore_changes=["email"] * 2), "metadata.lifecycle.ignore_changes"),
    "an unknown key of a user": (user(emial="a@b.de"), "spec.emial"),
    "a nickname that is null": (user(nickname=None), "spec.nickname"),
    "an empty nickname": (user(nickname=""), "spec.nickname"),
    "a nickname of two lines": (user(nickname="a\nb"), "spec.nickname"),
    "an e-mail address without an at sign": (user(email="alice"), "spec.email"),
    "an e-mail address without a dot after it": (user(email="alice@localhost"), "spec.email"),
    "an e-mail address with a space": (user(email="a lice@b.de"), "spec.email"),
    "an e-mail address of 255 characters": (user(email="a" * 250 + "@b.de"), "spec.email"),
    "a phone number with letters": (user(phone="0800-ACME"), "spec.phone"),
    "an avatar of 257 characters": (user(avatar="a" * 257), "spec.avatar"),
    "an unknown status": (user(status="on"), "spec.status"),
    "a privilege that is null": (user(is_superuser=None), "spec.is_superuser"),
    "a privilege as a number": (user(is_staff=1), "spec.is_staff"),
    "a privilege as text": (user(is_staff="true"), "spec.is_staff"),
    "a password in clear": (user(password="hunter2"), "spec.password"),
    "a password that is null": (user(password=None), "spec.password"),
    "a password from nowhere": (user(password={}), "spec.password"),
    "a password from a source and a hash": (user(password={"from": ENV, "hash": BCRYPT}), "spec.password"),
    "a password's source without a name": (user(password={"from": {}}), "spec.password.from"),
    "a password from two sources": (user(password={"from": ENV | {"file": "x"}}), "spec.password.from"),
    "an unknown source": (user(password={"from": {"value": "x"}}), "spec.password.from.value"),
    "a variable with a dash": (user(password={"from": {"env": "A-B"}}), "spec.password.from.env"),
    "a file without a name": (user(password={"from": {"file": ""}}), "spec.password.from.file"),
    "a file's path with a NUL": (user(password={"from": {"file": "a\0"}}), "spec.password.from.file"),
    "a password's hash that is not bcrypt's": (user(password={"hash": SHA256}), "spec.password.hash"),
    "bcrypt's cost of 3": (user(password={"hash": BCRYPT.replace("12", "03", 1)}), "spec.password.hash"),
    "an unknown update": (user(password={"from": ENV, "update": "never"}), "spec.password.update"),
    "a version that is a number": (user(password={"from": ENV, "version": 2}), "spec.password.version"),
    "a password from a source and generated": (user(password={"from": ENV, "generate": {}}), "spec.password"),
    "a generated password and a hash": (user(password={"hash": BCRYPT, "generate": {}}), "spec.password"),
    "a generated password that is null": (user(password={"generate": None}), "spec.password.generate"),
    "a generated password as text": (user(password={"generate": "hex"}), "spec.password.generate"),
    "a generated password kept as declared": (user(password={"generate": {}, "update": "always"}), "spec.password"),
    "15 characters": (user(password={"generate": {"length": 15}}), "spec.password.generate.length"),
    "73 characters": (user(password={"generate": {"length": 73}}), "spec.password.generate.length"),
    "a length as text": (user(password={"generate": {"length": "24"}}), "spec.password.generate.length"),
    "an empty alphabet": (user(password={"generate": {"alphabet": ""}}), "spec.password.generate.alphabet"),
    "an alphabet with a space": (user(password={"generate": {"alphabet": "a b"}}), "spec.password.generate.alphabet"),
    "an alphabet beyond ASCII": (user(password={"generate": {"alphabet": "aäo"}}), "spec.password.generate.alphabet"),
    "a character twice": (user(password={"generate": {"alphabet": "abca"}}), "spec.password.generate.alphabet"),
    "a prefix of a password": (user(password={"generate": {"prefix": "acme"}}), "spec.password.generate.prefix"),
    "rehash without update": (user(password={"from": ENV, "rehash": True}), "spec.password"),
    "rehash of what is set once": (
        user(password={"from": ENV, "rehash": True, "update": "on_create"}),
        "spec.password",
    ),
    "rehash of a hash": (user(password={"hash": BCRYPT, "rehash": True, "update": "always"}), "spec.password"),
    "rehash of what is generated": (user(password={"generate": {}, "rehash": True}), "spec.password"),
    "rehash as a number": (user(password={"from": ENV, "rehash": 1, "update": "always"}), "spec.password.rehash"),
    "a generated key without a prefix": (key(key={"generate": {}}), "spec.key.generate.prefix"),
    "a generated key of a length": (
        key(key={"generate": {"prefix": "acme", "length": 30}}),
        "spec.key.generate.length",
    ),
    "a key generated with a dash": (key(key={"generate": {"prefix": "ac-me"}}), "spec.key.generate.prefix"),
    "a key generated with an underscore at the end": (
        key(key={"generate": {"prefix": "acme_"}}),
        "spec.key.generate.prefix",
    ),
    "a key generated with two underscores": (key(key={"generate": {"prefix": "a__b"}}), "spec.key.generate.prefix"),
    "a key generated with a digit first": (key(key={"generate": {"prefix": "1a"}}), "spec.key.generate.prefix"),
    "a key generated with 17 characters": (key(key={"generate": {"prefix": "a" * 17}}), "spec.key.generate.prefix"),
    "a generated key with its last four": (
        key(key={"generate": {"prefix": "acme"}, "last_four": "1234"}),
        "spec.key",
    ),
    "a key generated and from a source": (key(key={"generate": {"prefix": "acme"}, "from": ENV}), "spec.key"),
    "keys that are no list": (user(api_keys={"name": "x"}), "spec.api_keys"),
    "an inline key without a name": (user(api_keys=[{}]), "spec.api_keys.0.name"),
    "an inline key with an owner": (user(api_keys=[{"name": "x", "user": "bob"}]), "spec.api_keys.0.user"),
    "a key without a spec": (without(key(), "spec"), "spec"),
    "a key without an owner": (key() | {"spec": {}}, "spec.user"),
    "an owner that is no name": (key() | {"spec": {"user": "a/b"}}, "spec.user"),
    "a name in a key's spec": (key(name="ci"), "spec.name"),
    "the same scope twice": (key(scopes=["deploy", "deploy"]), "spec.scopes"),
    "scopes that are null": (key(scopes=None), "spec.scopes"),
    "an end without a time": (key(expires_at="2027-06-30"), "spec.expires_at"),
    "an end without an offset": (key(expires_at="2027-06-30T00:00:00"), "spec.expires_at"),
    "an end in a 13th month": (key(expires_at="2027-13-01T00:00:00Z"), "spec.expires_at"),
    "an end at the hour 24": (key(expires_at="2027-06-30T24:00:00Z"), "spec.expires_at"),
    "an end with an offset of 99 minutes": (key(expires_at="2027-06-30T00:00:00+05:99"), "spec.expires_at"),
    "a key's hash in capitals": (key(key={"hash": SHA256.upper()}), "spec.key.hash"),
    "a key's prefix without its hash": (key(key={"from": ENV, "prefix": "acme_"}), "spec.key"),
    "a key's ending without its hash": (key(key={"from": ENV, "last_four": "1234"}), "spec.key"),
    "a key's prefix of 17 characters": (key(key={"hash": SHA256, "prefix": "a" * 17}), "spec.key.prefix"),
    "three last characters": (key(key={"hash": SHA256, "last_four": "123"}), "spec.key.last_four"),
    "an update of a key": (key(key={"hash": SHA256, "update": "always"}), "spec.key.update"),
}


@pytest.mark.parametrize(("document", "path"), REFUSED.values(), ids=REFUSED)
def test_model_and_schema_refuse(document: dict[str, Any], path: str) -> None:
    """Exactly one thing is wrong; the model says where."""
    kind = document.get("kind") if document.get("kind") == "ApiKey" else "User"
    assert [".".join(map(str, finding["loc"])) for finding in findings(document, str(kind))] == [path]
    assert not schema_accepts(document, "manifest.schema.json")
    assert not schema_accepts(document, f"{str(kind).lower()}.schema.json")


@pytest.mark.parametrize(
    "document",
    [
        without(user(), "spec"),
        meta(name="a", labels={"acme.example/team": "", "l": "a" * 63}),
        meta(name="😀" * 64),
        user(email=None, phone=None, avatar=None, api_keys=[]),
        user(nickname=" Zoë  O'Neil ", avatar=""),
        key(expires_at=None, scopes=[]),
        key(expires_at="2027-06-30 00:00:00.5+05:30"),
    ],
)
def test_model_and_schema_accept(document: dict[str, Any]) -> None:
    """What looks odd and is right: null and [] are values, lengths count characters, not bytes."""
    assert findings(document, document["kind"]) == []
    assert schema_accepts(document, "manifest.schema.json")


def test_findings_never_hold_the_value_of_a_secret_field() -> None:
    """A password written in clear by mistake is not repeated in the error's text."""
    for finding in findings(user(password={"hash": "hunter2"}), "User"):
        assert "hunter2" not in finding["msg"] + str(finding.get("ctx"))
