"""``--model-arg``: texts become the values that a backend declares, or are refused with what they must be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from harness.errors import UsageError
from harness.models.arguments import Count, Least, parse_arguments, word


def _even(text: str) -> int:
    if int(text) % 2:
        raise ValueError("an even number")
    return int(text)


@dataclass(frozen=True, kw_only=True)
class Arguments:
    name: str = "none"
    folder: Path | None = None
    compile: bool = False
    seed: int = 0
    size: Count | None = None
    share: float | None = None
    timeout: Annotated[float, Least(0.1)] = 1.0
    precision: Literal["half", "single"] = "single"
    labels: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    pairs: Annotated[int, _even] = 2


def test_what_is_not_given_is_at_its_default() -> None:
    assert parse_arguments("k", {}, Arguments) == Arguments()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("name", "1", "1"),
        ("folder", "a/b", Path("a/b")),
        ("compile", "Yes", True),
        ("compile", "0", False),
        ("seed", "0", 0),
        ("size", "28", 28),
        ("share", "-1e-3", -0.001),
        ("timeout", "2", 2.0),
        ("precision", "half", "half"),
        ("labels", "no, none | yes", ("no, none", "yes")),
        ("mean", "0.5, 0.25", (0.5, 0.25)),
        ("pairs", "4", 4),
    ],
)
def test_a_text_becomes_the_value_of_its_field(name: str, text: str, value: Any) -> None:
    assert getattr(parse_arguments("k", {name: text}, Arguments), name) == value


@pytest.mark.parametrize(
    ("name", "text", "must"),
    [
        ("compile", "perhaps", "yes or no"),
        ("seed", "-1", "a whole number of at least 0"),
        ("size", "0", "a whole number of at least 1"),
        ("size", "2.5", "a whole number of at least 1"),
        ("share", "nan", "a number"),
        ("timeout", "0", "a number of at least 0.1"),
        ("precision", "double", "one of half, single"),
        ("mean", "0.5,", "a number"),
        ("pairs", "3", "an even number"),
    ],
)
def test_another_text_is_refused_with_what_it_must_be(name: str, text: str, must: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_arguments("k", {name: text}, Arguments)
    assert str(refused.value) == f"--model-arg {name}={text}: must be {must}."


def test_a_misspelt_name_is_refused_with_the_one_that_may_be_meant() -> None:
    with pytest.raises(UsageError, match=r"^unknown --model-arg of k 'labesl'\. Did you mean labels\?$"):
        parse_arguments("k", {"labesl": "1"}, Arguments)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, "yes"),
        (False, "no"),
        (4, "4"),
        (2.5, "2.5"),
        ("as it is", "as it is"),
        (["normal", "pneumonia"], "normal|pneumonia"),
        ((0.5, 0.25), "0.5,0.25"),
        ({"top_k": 20}, '{"top_k": 20}'),
        (Path("a/b"), "a/b"),
    ],
)
def test_a_value_of_python_is_said_as_on_the_command_line(value: Any, said: str) -> None:
    assert word(value) == said
