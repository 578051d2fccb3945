"""Replies from a file as a model: each given by its id, and what is wrong with a file by its line."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness import models
from harness.errors import CorruptData
from harness.models.replies import reply as predictions
from harness.types import Response
from tests.models.asking import ask, scene


def replies(tmp_path: Path, lines: Sequence[Any]) -> str:
    path = tmp_path / "replies.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return str(path)


def test_replies_are_given_by_id_and_a_missing_one_is_a_failure(tmp_path: Path) -> None:
    place = scene("meqsum")
    spec = replies(tmp_path, [{"id": "71", "text": "How?"}, {"id": 72, "text": ""}, {"id": "73", "error": "timeout"}])
    found = ask(models.open_model(spec, {}), place)
    assert found[0] == Response(text="How?")
    assert found[1] == Response(text="")
    assert found[2].error == "timeout"
    assert found[3].error == "no reply for this id in replies.jsonl"


@pytest.mark.parametrize(
    ("line", "arguments", "expected"),
    [
        ({"text": "<think>a cold</think>How?"}, {}, Response(text="How?", thinking="a cold")),
        ({"text": "[THINK]a cold[/THINK]How?"}, {}, Response(text="How?", thinking="a cold")),
        ({"text": "<think>a cold, or"}, {}, Response(text="", thinking="a cold, or", finish="length")),
        ({"text": "((a cold))How?"}, {"thinking_tags": "((|))"}, Response(text="How?", thinking="a cold")),
        ({"text": "<think>a cold</think>How?"}, {"thinking_tags": "((|))"}, Response(text="<think>a cold</think>How?")),
        ({"text": "How?", "thinking": "a cold", "finish": "stop"}, {}, Response(text="How?", thinking="a cold", finish="stop")),
        ({"text": "", "refusal": "I may not say."}, {}, Response(refusal="I may not say.")),
        ({"text": "", "thinking": "a cold", "finish": "length"}, {}, Response(thinking="a cold", finish="length")),
    ],
    ids=["within the text", "other tags", "never closed", "tags of one's own", "not these tags", "apart already", "refused", "cut off"],
)
def test_thoughts_in_a_file_are_kept_and_no_part_of_the_answer(
    tmp_path: Path, line: dict[str, Any], arguments: dict[str, str], expected: Response
) -> None:
    backend = models.open_model(replies(tmp_path, [{"id": "71", **line}]), arguments)
    assert ask(backend, scene("meqsum"))[0] == expected


def test_an_empty_error_beside_an_answer_is_none_and_alone_a_failure(tmp_path: Path) -> None:
    lines = [{"id": "71", "text": "yes", "error": ""}, {"id": "72", "error": ""}]
    given = models.open_model(replies(tmp_path, lines), {}).replies.values()  # type: ignore[attr-defined]
    found = {reply.response.text: reply.response.error for reply in given}
    assert found == {"yes": None, "": ""}


@pytest.mark.parametrize(
    ("line", "refusal", "error"),
    [
        ({"finish": "stop"}, "", None),
        ({"finish_reason": "end_turn"}, "", None),
        ({"finish": "content_filter"}, "finish content_filter", None),
        ({"finish_reason": "error"}, "", "the reply ended with finish 'error', which is no answer's end"),
    ],
)
def test_a_reply_in_a_file_ends_as_one_of_a_server_does(line: dict[str, Any], refusal: str, error: str | None) -> None:
    found = predictions.response_of({"text": "yes", **line}, "line 1")
    assert (found.refusal, found.error) == (refusal, error)


def test_scores_in_a_file_are_the_models_and_null_is_minus_infinity(tmp_path: Path) -> None:
    backend = models.open_model(replies(tmp_path, [{"id": "00000", "choice_log_probs": [None, 0.0]}]), {})
    place = scene("pneumoniamnist")
    assert backend.for_task(place).info.scores == "softmax"
    assert ask(backend, place)[0].choice_log_probs == (-math.inf, 0.0)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["{"], "line 1: not JSON"),
        ([{"id": "1", "text": "a"}, {"text": "b"}], "line 2: no 'id'"),
        ([{"id": "1"}], "line 1: none of 'text', 'choice_log_probs', 'error'"),
        ([{"id": "1", "text": ["a"]}], r"line 1: text: expected str \| null, got list"),
        ([{"id": "1", "text": True}], r"line 1: text: expected str \| null, got bool"),
        ([{"id": "1", "text": "a", "thinking": ["b"]}], r"line 1: thinking: expected str \| null, got list"),
        ([{"id": "1", "text": "a"}, {"id": "1", "text": "b"}], r"line 2: a second reply for id '1' \(the first: line 1\)"),
        ([{"id": "1", "choice_log_probs": [0.2, 0.8]}], "line 1: 'choice_log_probs' holds 0.2; a log-probability is at most 0"),
        (
            [{"id": "1", "choice_log_probs": "yes"}],
            "line 1: choice_log_probs: must be a list of numbers, one per choice, not 'yes' in 'choice_log_probs'",
        ),
        (
            [{"id": "1", "choice_log_probs": [-0.1, True]}],
            r"line 1: choice_log_probs: must be a list of numbers, one per choice, not True in 'choice_log_probs\[1\]'",
        ),
        (['{"id": "1", "choice_log_probs": [-0.1, NaN]}'], "line 1: 'choice_log_probs' holds nan"),
        ([{"id": "1", "choice_log_probs": {}}], "line 1: 'choice_log_probs' is empty; leave the field out where there are no scores"),
        ([{"id": "1", "choice_log_probs": [None, None]}], "line 1: 'choice_log_probs' gives every choice a probability of zero"),
        ([{"id": True, "text": "a"}], "line 1: no 'id'"),
    ],
)
def test_a_damaged_file_of_replies_names_line_and_remedy(tmp_path: Path, lines: Sequence[Any], message: str) -> None:
    with pytest.raises(CorruptData, match=message):
        models.open_model(f"predictions:{replies(tmp_path, lines)}", {})


def test_independent_scores_may_all_be_zero(tmp_path: Path) -> None:
    """None of several labels holds: that is an answer."""
    path = replies(tmp_path, [{"id": "0", "choice_log_probs": [None] * 14}])
    assert models.open_model(path, {"scores": "independent"}).for_task(scene("chestmnist")).info.scores == "independent"
