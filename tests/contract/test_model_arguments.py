"""Every argument of every backend moves the model's digest, or its backend says why it cannot change a reply.

A backend says so in a table `CANNOT_CHANGE_A_REPLY` beside its arguments. An argument that is added without either fails here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harness import models
from harness.models import KINDS, arguments, sameness
from harness.types import ModelInfo
from tests.contract.backends import BACKENDS, COMMITS, make, needs


class _Asked(BaseException):
    """The class of a backend's arguments; no error of a checkpoint's, so that nothing names it otherwise."""


def arguments_of(kind: str, monkeypatch: pytest.MonkeyPatch, root: Path) -> tuple[set[str], Mapping[str, str]]:
    """The names of what the backend itself parses arguments to, and the table of those that cannot change a reply."""

    def asked(of: type[Any], **_: Any) -> None:
        raise _Asked(of)

    make(root, kind)
    with monkeypatch.context() as patch:
        patch.chdir(root)
        patch.setattr(arguments, "get_type_hints", asked)
        with pytest.raises(_Asked) as met:
            models.open_model(kind if ":" in kind else f"{kind}:{BACKENDS[kind].location}", {"no": "argument"})
    taken = met.value.args[0]
    return {field.name for field in fields(taken)}, getattr(sys.modules[taken.__module__], "CANNOT_CHANGE_A_REPLY", {})


def test_every_kind_has_its_arguments_here() -> None:
    assert {kind.partition(":")[0] for kind in BACKENDS} == set(KINDS)


@pytest.mark.parametrize("kind", BACKENDS)
def test_every_argument_makes_another_model_or_says_why_not(
    kind: str, opened: Callable[..., ModelInfo], monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    needs(kind)
    known = BACKENDS[kind]
    names, cannot = arguments_of(kind, monkeypatch, root)
    assert names == set(known.changed) | set(cannot)
    assert not set(known.changed) & set(cannot)
    assert all(len(reason) > 10 for reason in cannot.values())

    @cache
    def digest(task: str, given: frozenset[tuple[str, str]]) -> str:
        return sameness.of_model(opened(kind, dict(given), task))

    same = []
    for name, value in known.changed.items():
        given = {**known.given, **known.beside.get(name, {}), **({"revision": COMMITS[0]} if value in COMMITS else {})}
        changed = {**given, **known.along.get(name, {}), name: value}
        task = known.tasks.get(name, known.task)
        if digest(task, frozenset(given.items())) == digest(task, frozenset(changed.items())):
            same.append(name)
    assert not same


@pytest.mark.parametrize("kind", BACKENDS)
def test_every_model_that_is_opened_proves_what_it_is(kind: str, opened: Callable[..., ModelInfo]) -> None:
    needs(kind)
    known = BACKENDS[kind]
    first, again = (opened(kind, given, known.task) for given in (known.given, dict(reversed(list(known.given.items())))))
    assert sameness.is_proven(first)
    assert sameness.of_model(first) == sameness.of_model(again)
