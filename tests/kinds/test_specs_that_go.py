"""A program that embeds this one makes specs for each run, and they go when the run is over."""

from __future__ import annotations

import gc
import weakref

from pydantic import create_model

from provision.kinds.spec import Spec


def test_specs_of_former_runs_are_let_go() -> None:
    made = []
    for number in range(300):
        spec = create_model(f"Spec{number}", __base__=Spec, name=(str, ...))
        assert spec.model_validate({"name": "x"}).written() == {"name": "x"}
        made.append(weakref.ref(spec))
    del spec
    gc.collect()
    assert sum(one() is not None for one in made) <= 150
