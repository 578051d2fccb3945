"""Invented reports, and text metrics of the harness on them beside the reference packages, in one process.

Texts are tokenised already. The harness's side includes intervals from 1,000 resamples.
"""

from __future__ import annotations

import contextlib
import io
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from harness.metrics.base import Context, Metric, Samples
from harness.metrics.evaluate_metrics import bare
from harness.metrics.measuring import measure
from harness.metrics.texts import shared_ngrams
from harness.stats.bootstrap import Bootstrap
from harness.stats.estimates import Cell, estimate

_FINDINGS = (
    "the {size} cardiac silhouette is {state}",
    "no pleural effusion or pneumothorax is seen",
    "there is a {size} opacity in the {side} {lobe} lobe measuring {number} cm",
    "the lungs are {state} without focal consolidation",
    "degenerative changes of the {part} spine are {state}",
    "a {side} sided catheter ends over the {part} vena cava",
    "old healed fractures of the {side} ribs {number} and {other}",
    "the mediastinal contours are {state} and the hila are {size}",
    "interval {state} of the {side} basilar atelectasis",
    "mild {part} scarring with {size} granulomas is again noted",
)
_WORDS = {
    "size": "small large enlarged normal borderline moderate".split(),
    "state": "clear normal unremarkable stable improved worsened unchanged hyperinflated".split(),
    "side": "left right".split(),
    "lobe": "upper middle lower".split(),
    "part": "thoracic lumbar superior apical inferior".split(),
}


def report(rng: random.Random, sentences: int) -> str:
    """An invented report, lower case, without punctuation."""
    made = []
    for template in rng.choices(_FINDINGS, k=sentences):
        words = {name: rng.choices(known)[0] for name, known in _WORDS.items()}
        made.append(template.format(**words, number=rng.randint(1, 400), other=rng.randint(1, 12)))
    return " ".join(made)


def pairs(n: int, seed: int = 1) -> Samples:
    """About 57 words expected and 46 said; the hypothesis repeats part of its reference."""
    rng = random.Random(seed)
    expected = [report(rng, rng.randint(4, 9)) for _ in range(n)]
    said = []
    for text in expected:
        words = text.split()
        said.append(" ".join(words[: rng.randint(len(words) // 4, len(words))]) + " " + report(rng, rng.randint(1, 3)))
    return bare(said, expected)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds, and the result."""
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def harness(metrics: Sequence[Metric], samples: Samples) -> list[float]:
    """Values of the metrics, intervals computed beside them."""
    measured = measure(metrics, samples, Context())
    everything = np.ones(len(samples), dtype=np.bool_)
    cells = []
    for metric in metrics:
        found = measured[metric.measure.name].statistics
        assert found is not None
        cells.append(Cell(metric=metric, statistics=found, rows=everything))
    return [interval.value if interval.value is not None else float("nan") for interval in estimate(cells, samples.groups, Bootstrap())]


def pycocoevalcap(samples: Samples) -> list[float]:
    """ROUGE-L, CIDEr and BLEU-1..4 by the reference."""
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    known = {i: list(row) for i, row in enumerate(samples.references)}
    said = {i: [text] for i, text in enumerate(samples.predictions)}
    with contextlib.redirect_stdout(io.StringIO()):
        values = [Rouge().compute_score(known, said)[0], Cider().compute_score(known, said)[0], *Bleu(4).compute_score(known, said)[0]]
    return [float(value) for value in values]


def rouge_score(samples: Samples) -> list[float]:
    """Mean ROUGE-L, ROUGE-1 and ROUGE-2 with stemming by the reference."""
    from rouge_score.rouge_scorer import RougeScorer

    kinds = ["rougeL", "rouge1", "rouge2"]
    scorer = RougeScorer(kinds, use_stemmer=True)
    scores = [scorer.score(row[0], text) for row, text in zip(samples.references, samples.predictions, strict=True)]
    return [float(np.mean([score[kind].fmeasure for score in scores])) for kind in kinds]


def compare(name: str, metrics: Sequence[Metric], reference: Callable[[Samples], list[float]] | None, samples: Samples) -> None:
    """Print one line: CPU seconds of both sides, their ratio and the largest difference of a value."""
    shared_ngrams.overlap.cache_clear()
    ours, values = timed(lambda: harness(metrics, samples))
    line = f"{name:34} harness {ours:7.2f} s with intervals"
    if reference is not None:
        theirs, expected = timed(lambda: reference(samples))
        worst = max(abs(value - other) for value, other in zip(values, expected, strict=True))
        line += f"   reference {theirs:7.2f} s without   {theirs / ours:5.1f} x   largest difference {worst:.1e}"
    print(line)
