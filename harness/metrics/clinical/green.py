"""GREEN: a language model counts matched findings and significant errors; the score is matched / (matched + errors).

The judge runs on this machine alone, from its folder in the folder of weights; its prompt is the one in the installed radeval. The
count is read from the judgement by a pure function, and the cache holds counts, not words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.base import patterns
from harness.base.arrays import np
from harness.metrics.base import Context, Measure, Metric, Samples, Statistics
from harness.metrics.clinical import annotating, radeval_parts
from harness.metrics.clinical.annotating import Item
from harness.metrics.columns import columns, mean
from harness.text import one_line

MODEL = "GREEN-radllama2-7b"
ERRORS = ("false_report", "missing", "location", "severity", "comparison_added", "comparison_omitted")
"""Kinds of clinically significant errors, (a) to (f)."""
_TOKENS = 2048
_SECTION = r"\[{}\]:\s*(.*?)(?:\n\s*\n|\Z)"
_COUNT = patterns.later(r"^\(([a-f1-6])\)[^\n]*?: (\d+)\.", re.MULTILINE)


def counts(judgement: str) -> dict[str, Any]:
    """Matched findings and errors by kind; ``read`` is whether the judgement has both sections.

    A section that begins with "No" counts nothing.
    """
    matched, wrong = (
        re.search(_SECTION.format(name), judgement, re.DOTALL) for name in ("Matched Findings", "Clinically Significant Errors")
    )
    leading_number = re.match(r"(\d+)\.", matched[1]) if matched else None
    errors = [0] * len(ERRORS)
    if wrong and not wrong[1].startswith("No"):
        for letter, number in _COUNT.findall(wrong[1]):
            errors["abcdef123456".index(letter) % len(ERRORS)] = int(number)
    return {"matched": int(leading_number[1]) if leading_number else 0, "errors": errors, "read": bool(matched and wrong)}


def score(counted: Mapping[str, Any]) -> float:
    """GREEN of one report, in [0, 1]: 0 where nothing matches."""
    return counted["matched"] / (counted["matched"] + sum(counted["errors"])) if counted["matched"] else 0.0


def _judge(folder: Path, items: list[Item]) -> Iterator[dict[str, Any]]:
    torch, transformers = annotating.networks()
    device = annotating.device(torch)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, add_eos_token=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, local_files_only=True, dtype=torch.float16 if device.type == "cuda" else torch.float32
    )
    model.eval().to(device)
    prompt, clean = radeval_parts.green()
    for prediction, expected in items:
        # the judge was trained with an empty answer before the one that it gives
        chat = f"<|user|>\n{prompt(expected, prediction)}{tokenizer.eos_token}\n<|assistant|>\n{tokenizer.eos_token}\n<|assistant|>\n"
        asked = tokenizer(chat, return_tensors="pt", truncation=True, max_length=_TOKENS).to(device)
        with torch.inference_mode():
            answer = model.generate(
                input_ids=asked["input_ids"],
                attention_mask=asked["attention_mask"],
                max_length=_TOKENS,
                do_sample=False,
                pad_token_id=tokenizer.eos_token_id,
            )
        yield counts(clean(tokenizer.decode(answer[0], skip_special_tokens=True)))


def _run(samples: Samples, context: Context) -> Statistics:  # noqa: ARG001  the texts alone decide
    folder = annotating.weights(MODEL) / MODEL
    annotating.required("torch", "transformers", "radeval")
    digest = annotating.digest(folder)
    predictions, expected = annotating.texts(samples)
    pairs = [(one_line(one), one_line(other)) for one, other in zip(predictions, expected, strict=True)]
    spoken = [pair for pair in pairs if all(pair)]
    judged = annotating.annotate(f"green {digest} radeval", spoken, lambda items: _judge(folder, items))
    by_pair = dict(zip(spoken, judged, strict=True))
    rows = [by_pair.get(pair) or counts("") for pair in pairs]
    errors = np.array([row["errors"] for row in rows], dtype=np.float64).reshape(len(rows), len(ERRORS))
    statistics = columns(
        green=np.array([score(row) for row in rows]),
        matched=np.array([float(row["matched"]) for row in rows]),
        **{f"errors_{name}": errors[:, i] for i, name in enumerate(ERRORS)},
    )
    unread = sum(not by_pair[pair]["read"] for pair in pairs if pair in by_pair)
    note = f"{unread} judgements could not be read and score 0" if unread else ""
    return replace(statistics, fixed={"weights": digest}, note=note)


METRICS: tuple[Metric, ...] = (
    Metric(
        name="green",
        variant="radllama2-7b",
        measure=Measure(name="green", run=_run),
        value=mean("green"),
        options={"model": MODEL, "prompt": "radeval", "decoding": "greedy, 2048 tokens", "aggregation": "mean", "empty": "0"},
        summary="GREEN: matched findings over matched findings and significant errors, as a language model counts them; mean over reports.",
        source="Ostmeier et al. (2024), GREEN; prompt as in radeval 2.2",
        pitfalls=(
            f"Needs the folder {MODEL} in {annotating.VARIABLE} and a GPU: seconds a report there, minutes without.",
            "A language model judges; its precision (16 bit on a GPU, 32 without) can change a count.",
            "A judgement that cannot be read scores 0, as in the release.",
        ),
    ),
)
"""One metric."""
