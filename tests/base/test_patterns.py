"""Patterns that are compiled when they are first used do what compiled ones do."""

from __future__ import annotations

import re

import pytest

from harness.base import patterns


def test_a_pattern_does_what_a_compiled_one_does_and_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    compiled = re.compile

    def counted(pattern: str, flags: int = 0) -> re.Pattern[str]:
        made.append(pattern)
        return compiled(pattern, flags)

    monkeypatch.setattr(re, "compile", counted)
    word = patterns.later("[a-z]+", re.IGNORECASE)
    assert made == []
    assert word.sub("x", "Lung 12 clear") == "x 12 x"
    assert word.findall("Lung 12 clear") == ["Lung", "clear"]
    assert [match.span() for match in word.finditer("Lung 12 clear")] == [(0, 4), (8, 13)]
    assert word.fullmatch("Lung 12") is None
    assert word.pattern == "[a-z]+"
    assert made == ["[a-z]+"]
