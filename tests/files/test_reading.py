"""What is said of a file that is not what it should be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, Struct

from harness.errors import CorruptData, UsageError
from harness.files.reading import decode, read_toml

Side = Annotated[int, Meta(gt=0, description="a whole number above 0")]


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"variant": "metric_variant"}):
    variant: str
    side: Side | None = None
    kind: Literal["open", "closed"] = "open"


class Whole(Struct, frozen=True, kw_only=True):
    parts: tuple[Part, ...] = ()
    named: Mapping[str, Mapping[str, Part]] = {}
    scores: tuple[float | None, ...] | None = None
    counts: Annotated[Mapping[str, int], Meta(min_length=1)] | None = None


GOOD = {"metric_variant": "a"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "expected table, got list"),
        ({"parts": [GOOD, {}]}, "parts[1]: lacks 'metric_variant'"),
        ({"parts": [{"metric_variant": "a", "sides": 3}]}, "parts[0]: unknown key 'sides'; did you mean 'side'?"),
        ({"parts": [{"metric_variant": "a", "x": 1}]}, "parts[0]: unknown key 'x'; known are metric_variant, side, kind"),
        ({"parts": [{"metric_variant": "a", "side": 0}]}, "parts[0].side: must be a whole number above 0, not 0"),
        ({"parts": [{"metric_variant": "a", "kind": "half"}]}, "parts[0].kind: must be one of closed, open, not 'half'"),
        ({"named": {"first": {"x": GOOD}, "other": {"y": GOOD, "z": 3}}}, "named.other.z: expected table, got int"),
        ({"named": {"a.b": {"z": {"metric_variant": None}}}}, "named.a.b.z.metric_variant: expected str, got null"),
        ({"scores": [0.5, None, True]}, "scores[2]: expected float | null, got bool"),
        ({"scores": ["\ud800"]}, r"the text '\ud800' stands where none belongs"),
        ({"counts": {}}, "counts: expected table of length >= 1, not {}"),
        ({"counts": {"a": 1, "b": []}}, "counts.b: expected int, got list"),
    ],
)
def test_the_field_at_fault_is_named_with_its_path_and_what_was_expected(content: Any, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        decode(Whole, content, "file.json", remedy="Write it anew.", error=UsageError)
    assert str(raised.value).removesuffix(" Write it anew.").removesuffix(".") == f"file.json: {said}"


def test_what_fits_is_given_back_typed() -> None:
    assert decode(Whole, {"parts": [GOOD], "scores": [1, None]}, "") == Whole(parts=(Part(variant="a"),), scores=(1.0, None))


@pytest.mark.parametrize(("content", "said"), [(b"a = ", "not a TOML file"), (b"\xff", "not a TOML file"), (None, "cannot be read")])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(CorruptData, match=rf"a\.toml: {said}"):
        read_toml(tmp_path / "a.toml")
