"""What scoring costs, beside the packages that define the metrics, in one process on one core.

    python benchmarks/scoring.py [--pairs 20000] [--labels 100000] [--meteor 2000] [--large 400000] [--without-references]

Prints CPU seconds of both sides and their ratio. The harness's side has intervals of 1,000 resamples, the other has bare values. The last
line scores a large set in a process of its own, for its peak of memory. `text_metrics.py` holds the texts and the comparison of values.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.text_metrics import compare, harness, pairs, pycocoevalcap, rouge_score, timed
from harness.files.cache import cache_folder
from harness.metrics.base import Metric, Samples, Statistics
from harness.metrics.labels import classification
from harness.metrics.texts import java, meteor, meteor_lines, meteor_process, paraphrases, shared_ngrams
from harness.metrics.texts.captions import coco_family
from harness.metrics.texts.summaries import SUMMARIES
from harness.metrics.texts.treatments import Texts, plain
from harness.stats.bootstrap import Bootstrap
from harness.stats.estimates import Cell, estimate

COCO = ("rouge_l", "cider", "bleu_1", "bleu_2", "bleu_3", "bleu_4")


def coco() -> list[Metric]:
    """The COCO metrics on words between blanks."""
    family = coco_family("bench", plain, text="white space", source="")
    return [family[name] for name in COCO]


def texts(samples: Samples, *, references: bool) -> None:
    """BLEU-1..4, ROUGE-L, CIDEr and ROUGE-1/2/L."""
    start = time.process_time()
    compare("ROUGE-L, CIDEr, BLEU-1..4 (COCO)", coco(), pycocoevalcap if references else None, samples)
    compare("ROUGE-L, ROUGE-1, ROUGE-2 (stem)", SUMMARIES[:3], rouge_score if references else None, samples)
    if not references:
        print(f"both together {time.process_time() - start:.2f} s for {len(samples)} pairs")


def labels(n: int, *, references: bool) -> None:
    """Accuracy, macro F1 and the area of two classes."""
    rng = np.random.default_rng(0)
    target = (rng.random(n) < 0.3).astype(float)
    p = 1 / (1 + np.exp(-(rng.normal(size=n) + 1.2 * target - 0.5)))
    said = (p > 0.5).astype(float)
    named = Statistics(names=("target", "predicted"), table=np.column_stack([target, said]), fixed={"classes": 2, "labels": ["no", "yes"]})
    scored = Statistics(names=("target", "p0", "p1"), table=np.column_stack([target, 1 - p, p]), fixed={"labels": ["no", "yes"]})
    everything, groups = np.ones(n, dtype=np.bool_), [str(i) for i in range(n)]
    wanted = ((classification.ACCURACY, named), (classification.MACRO_F1, named), (classification.AUC, scored))
    cells = [Cell(metric=metric, statistics=statistics, rows=everything) for metric, statistics in wanted]
    ours, found = timed(lambda: estimate(cells, groups, Bootstrap()))
    line = f"accuracy, macro F1, AUC, {n} labels    harness {ours:6.2f} s with intervals"
    if references:
        from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

        def bare() -> list[float]:
            return [accuracy_score(target, said), f1_score(target, said, average="macro"), roc_auc_score(target, p)]

        once, expected = timed(bare)
        worst = max(abs(one.value - other) for one, other in zip(found, expected, strict=True) if one.value is not None)
        line += f"   scikit-learn {once * 1000:.0f} s for as many resamples   {once * 1000 / ours:4.0f} x   largest difference {worst:.1e}"
    print(line)


def aligner(n: int) -> None:
    """METEOR through one Java process, statistics not known yet."""
    if java.java() is None or not n:
        return
    few = pairs(n, seed=2)
    given = Texts(hypotheses=tuple(few.predictions), expected=tuple(map(tuple, few.references)))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder  # the user's cache is left alone
        begun = time.perf_counter()
        cut = paraphrases.cut((text for row in given.expected for text in row), cache_folder(), make=True)
        seconds = [time.perf_counter() - begun]
        for table in (None, cut):
            begun = time.perf_counter()
            list(meteor_process.meteor(table).statistics([meteor_lines.question("a b", ["a b"])]))
            seconds.append(time.perf_counter() - begun)
        print("METEOR {:.1f} s to cut the paraphrases, once; {:.1f} s to start with all, {:.1f} s with those cut".format(*seconds))
        warm = pairs(n // 5, seed=9)  # Java compiles while it runs
        list(
            meteor_process.meteor(cut).statistics(
                [meteor_lines.question(*pair) for pair in zip(warm.predictions, warm.references, strict=True)]
            )
        )
        begun = time.perf_counter()
        meteor.table(given)
        known = time.perf_counter()
        meteor.table(given)
        each = (known - begun) / n * 1000
        print(f"METEOR {each:.2f} ms per pair, {(time.perf_counter() - known) / n * 1000:.3f} ms per pair known already, elapsed")


def large(n: int) -> None:
    """Score n pairs with intervals, and print the peak of memory; run in a process of its own."""
    samples = pairs(n, seed=3)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    start = time.process_time()
    for metrics in (coco(), SUMMARIES[:3]):
        shared_ngrams.overlap.cache_clear()
        harness(metrics, samples)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{n} pairs with intervals: {time.process_time() - start:.0f} s, peak {peak:.2f} GB of memory, of which the texts {before:.2f} GB"
    )


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--labels", type=int, default=100_000)
    parser.add_argument("--meteor", type=int, default=2000, help="pairs for METEOR; 0 leaves it out")
    parser.add_argument("--large", type=int, default=400_000, help="pairs of the large set; 0 leaves it out")
    parser.add_argument("--only-large", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--without-references", action="store_true", help="time the harness alone")
    given = parser.parse_args()
    if given.only_large:
        large(given.large)
        return
    harness(SUMMARIES[:3], pairs(10))  # imports and tables, so that neither side pays for them
    if given.pairs:
        texts(pairs(given.pairs), references=not given.without_references)
    if given.labels:
        labels(given.labels, references=not given.without_references)
    aligner(given.meteor)
    if given.large:
        subprocess.run([sys.executable, __file__, "--only-large", "--large", str(given.large)], check=True)


if __name__ == "__main__":
    main()
