"""Text metrics of the harness against the reference packages, on the same invented reports, in one process.

    python benchmarks/text_metrics.py [--pairs 20000] [--meteor 500] [--without-references]

Prints CPU seconds of both sides, their ratio, and the largest difference of any sample's or corpus's value. The harness's side
includes intervals from 1,000 resamples. Texts are tokenised already; METEOR and the PTB tokeniser are timed on their own.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from harness.metrics.base import Context, Metric, Samples
from harness.metrics.measuring import measure
from harness.metrics.texts import java, meteor, meteor_lines, meteor_process, shared_ngrams
from harness.metrics.texts.captions import coco_family
from harness.metrics.texts.summaries import SUMMARIES
from harness.metrics.texts.treatments import Texts, plain
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
    return Samples(
        ids=[str(i) for i in range(n)],
        replies=said,
        predictions=said,
        choice_log_probs=[None] * n,
        targets=expected,
        references=[(text,) for text in expected],
        tags={},
        groups=[str(i) for i in range(n)],
        choices=[()] * n,
    )


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
    """Print one line: both times and the largest difference."""
    shared_ngrams.overlap.cache_clear()
    ours, values = timed(lambda: harness(metrics, samples))
    line = f"{name:34} harness {ours:7.2f} s with intervals"
    if reference is not None:
        theirs, expected = timed(lambda: reference(samples))
        worst = max(abs(value - other) for value, other in zip(values, expected, strict=True))
        line += f"   reference {theirs:7.2f} s without   {theirs / ours:5.1f} x   largest difference {worst:.1e}"
    print(line)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--meteor", type=int, default=500, help="pairs for METEOR; 0 leaves it out")
    parser.add_argument("--without-references", action="store_true", help="time the harness alone")
    given = parser.parse_args()
    samples = pairs(given.pairs)
    lengths = [len(text.split()) for text in samples.targets]
    print(f"{given.pairs} pairs, {np.mean(lengths):.0f} words expected, {np.mean([len(t.split()) for t in samples.predictions]):.0f} said")
    harness(SUMMARIES[:3], pairs(10))  # imports and tables, so that neither side pays for them
    family = coco_family("bench", plain, text="white space", source="")
    coco = [family[name] for name in ("rouge_l", "cider", "bleu_1", "bleu_2", "bleu_3", "bleu_4")]
    compare("ROUGE-L, CIDEr, BLEU-1..4 (COCO)", coco, None if given.without_references else pycocoevalcap, samples)
    compare("ROUGE-L, ROUGE-1, ROUGE-2 (stem)", SUMMARIES[:3], None if given.without_references else rouge_score, samples)
    if java.java() is not None:
        start = time.perf_counter()
        java.ptb_tokens((*samples.predictions, *samples.targets))
        print(f"PTB tokeniser, both sides            {time.perf_counter() - start:7.2f} s elapsed")
        if given.meteor:
            few = pairs(given.meteor, seed=2)
            texts = Texts(said=tuple(few.predictions), expected=tuple(map(tuple, few.references)))
            start = time.perf_counter()
            list(meteor_process.meteor().statistics([meteor_lines.question("a b", ["a b"])]))
            begun = time.perf_counter()
            list(
                meteor_process.meteor().statistics([meteor_lines.question(*pair) for pair in zip(texts.said, texts.expected, strict=True)])
            )
            each = (time.perf_counter() - begun) / given.meteor * 1000
            print(f"METEOR                               {begun - start:7.2f} s to start, then {each:.2f} ms per pair elapsed")
            with tempfile.TemporaryDirectory() as folder:
                os.environ["XDG_CACHE_HOME"] = folder  # the user's cache is left alone
                meteor.table(texts)
                start = time.perf_counter()
                meteor.table(texts)
            print(f"METEOR, all {given.meteor} known              {time.perf_counter() - start:7.2f} s elapsed")
    print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
