"""Ranking of trials for patients, one value per topic; and the labels of judged pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.base.arrays import np
from harness.metrics.base import Context, Measure, Metric, NotComputed, Samples, Statistics
from harness.metrics.columns import mean
from harness.metrics.labels.classification import ACCURACY, MACRO_F1, OFFICIAL_MACRO_F1, RECALL, UNPARSED, WEIGHTED_F1
from harness.metrics.labels.probabilities import SCORES, of_classes

DEPTH = 10
_COLUMNS = ("ndcg", "has_relevant", "precision", "topics", "ceiling")


def dcg(gains: Sequence[float]) -> float:
    """Discounted cumulative gain: the gain at rank r divided by log2(r + 1)."""
    return sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains))


def _topics(samples: Samples, context: Context) -> Statistics:
    """Each topic's values on its first row, zeros on its others, so that drawing topics is drawing sums."""
    if len(context.labels) != 3:
        raise NotComputed("ranking needs the three labels not relevant, excluded, eligible")
    scores = of_classes(samples, context)
    relevance = scores[:, 2] + scores[:, 1] / 2  # P(eligible) + ½ P(excluded)
    grade = {label: position for position, label in enumerate(context.labels)}
    rows_of: dict[str, list[int]] = {}
    for row, topic in enumerate(samples.groups):
        rows_of.setdefault(topic, []).append(row)
    table = np.zeros((len(samples), len(_COLUMNS)))
    for rows in rows_of.values():
        gains = {row: float(grade[samples.targets[row]]) for row in rows}
        ranked = sorted(rows, key=lambda row: (-relevance[row], samples.ids[row]))[:DEPTH]
        ideal = dcg(sorted(gains.values(), reverse=True)[:DEPTH])
        eligible = sum(1 for row in rows if gains[row] == 2)
        table[rows[0]] = (
            dcg([gains[row] for row in ranked]) / ideal if ideal else 0.0,
            float(ideal > 0),
            sum(1 for row in ranked if gains[row] == 2) / DEPTH,
            1.0,
            min(eligible, DEPTH) / DEPTH,
        )
    best = table[:, 4].sum() / len(rows_of)
    without = len(rows_of) - int(table[:, 1].sum())
    note = f"a perfect ranking has P@{DEPTH} {best:.4f} on these {len(rows_of)} topics"
    return Statistics(
        names=_COLUMNS, table=table, note=f"{note}; {without} topics without a relevant trial have no NDCG" if without else note
    )


_TOPICS = Measure(name="topics", run=_topics, needs=frozenset({"choice_log_probs"}))
_RULE = {**SCORES, "rank": "P(eligible)+P(excluded)/2", "ties": "id", "k": str(DEPTH), "mean": "topics"}

NDCG = Metric(
    name="ndcg_at_10",
    variant="linear",
    measure=_TOPICS,
    value=mean("ndcg", of="has_relevant"),
    scope="whole set",
    options={**_RULE, "gains": "0,1,2", "discount": "log2"},
    summary="Normalised discounted cumulative gain of the first ten judged trials per patient, gains 2 for eligible and 1 for excluded.",
    source="Järvelin and Kekäläinen (2002); trec_eval ndcg_cut_10 over the judged trials",
    pitfalls=("Only judged trials are ranked: not a retrieval score over the corpus.",),
)
PRECISION = Metric(
    name="p_at_10",
    variant="eligible",
    measure=_TOPICS,
    value=mean("precision", of="topics"),
    scope="whole set",
    options={**_RULE, "relevant": "eligible"},
    summary="Share of eligible trials among the first ten, per patient; always divided by ten.",
    source="trec_eval P_10",
    pitfalls=("A patient with fewer than ten eligible trials cannot reach 1; the ceiling is printed.",),
)

TRIAL_MATCHING: tuple[Metric, ...] = (MACRO_F1, ACCURACY, WEIGHTED_F1, NDCG, PRECISION, OFFICIAL_MACRO_F1, UNPARSED, RECALL)
"""Patients and trials; the majority class alone has an accuracy of 80.3 % on the full set, so macro F1 ranks."""
