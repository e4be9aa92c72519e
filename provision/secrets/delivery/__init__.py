"""Delivering secrets so that a crash neither loses one nor leaves one where it is not wanted.

A run goes: `check`, `stage`, commit, `reveal`, note that it is delivered, `discard`. What is staged is there from
before the commit until after the note; who comes after a crash finds it with `find_staged` and goes on from there.
"""

from __future__ import annotations

from provision.secrets.delivery.check import check, conflicts
from provision.secrets.delivery.discard import discard, discard_run
from provision.secrets.delivery.find import find_staged
from provision.secrets.delivery.reveal import reveal
from provision.secrets.delivery.sink import SecretSink
from provision.secrets.delivery.sinks import SINKS
from provision.secrets.delivery.stage import stage
from provision.secrets.delivery.values import Delivery, Places, UndeliverableError, Undelivered

__all__ = [
    "SINKS",
    "Delivery",
    "Places",
    "SecretSink",
    "UndeliverableError",
    "Undelivered",
    "check",
    "conflicts",
    "discard",
    "discard_run",
    "find_staged",
    "reveal",
    "stage",
]
