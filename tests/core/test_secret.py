"""A secret shows itself only when it is asked to."""

from __future__ import annotations

import pickle

import pytest

from provision.core.secret import Secret, StoredSecret

CANARY = "canary-4711"


@pytest.mark.parametrize("secret", [Secret(CANARY), StoredSecret(CANARY)])
def test_a_secret_does_not_show_in_text(secret: Secret | StoredSecret) -> None:
    assert CANARY not in f"{secret} {secret!r} {[secret]} {secret:}"
    assert secret.reveal() == CANARY


@pytest.mark.parametrize("secret", [Secret(CANARY), StoredSecret(CANARY)])
def test_a_secret_is_not_serialised(secret: Secret | StoredSecret) -> None:
    with pytest.raises(TypeError, match=r"^a secret is not serialised$"):
        pickle.dumps(secret)


def test_of_a_stored_key_two_pieces_are_there_to_recognise_it_by() -> None:
    stored = StoredSecret(CANARY, prefix="acme_a1b2", last_four="q17x")
    assert (stored.reveal(), stored.prefix, stored.last_four) == (CANARY, "acme_a1b2", "q17x")


def test_two_secrets_of_one_text_are_not_equal() -> None:
    assert Secret(CANARY) != Secret(CANARY)
