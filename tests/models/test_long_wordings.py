"""Wordings that are longer than a text tower reads: cut, all of them would be the same text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError

WHAT_RUNS = {
    "Contrastive models": {
        "wordings longer than a CLIP's text tower reads": "clip: its text tower reads 128 tokens, and this wording has",
        "wordings longer than a SigLIP's text tower reads": "siglip: its text tower reads 128 tokens, and this wording has",
        "wordings longer than an open_clip's text tower reads": "open_clip: its text tower reads 77 tokens, and this wording has",
    }
}
[OUTCOMES] = WHAT_RUNS.values()


@pytest.mark.parametrize("name", ["clip", "siglip", "open_clip"])
def test_a_wording_that_would_be_cut_is_refused_with_what_to_do(tiny: Callable[[str], Path], ask: Callable[..., Any], name: str) -> None:
    if name == "open_clip":
        pytest.importorskip("open_clip", reason="needs the extra open_clip")
    long = "a chest radiograph of a patient " * 20 + "with {label}"
    outcome = next(said for said in OUTCOMES.values() if said.startswith(f"{name}:"))
    with pytest.raises(UsageError, match=f"{outcome} .* -a 'templates={{label}}'"):
        ask(tiny(name), "pneumoniamnist", kind="clip", templates=long)
    model, requests = ask(tiny(name), "pneumoniamnist", 2, kind="clip", templates="an X-ray with {label}")
    assert all(response.choice_log_probs for response in model.generate(requests))
