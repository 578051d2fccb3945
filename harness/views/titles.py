"""What readers of a paper call a metric and a slice; what has no name here is called as it is, with blanks for underscores."""

from __future__ import annotations

from collections.abc import Mapping

METRICS: Mapping[str, str] = {
    "token_f1": "token F1",
    "auc": "AUC",
    "auprc": "AUPRC",
    "f1": "F1",
    "macro_f1": "macro F1",
    "weighted_f1": "weighted F1",
    "ndcg_at_10": "NDCG@10",
    "p_at_10": "P@10",
    "bleu_1": "BLEU-1",
    "bleu_2": "BLEU-2",
    "bleu_3": "BLEU-3",
    "bleu_4": "BLEU-4",
    "rouge_1": "ROUGE-1",
    "rouge_2": "ROUGE-2",
    "rouge_l": "ROUGE-L",
    "meteor": "METEOR",
    "cider": "CIDEr",
    "bertscore": "BERTScore",
    "chexbert_f1": "CheXbert F1",
    "semb_score": "SembScore",
    "radgraph_f1": "RadGraph F1",
    "radcliq": "RadCliQ",
    "ratescore": "RaTEScore",
    "green": "GREEN",
    "brier": "Brier score",
}
_SLICES: Mapping[str, str] = {"yes_no": "yes/no", "free_form": "free form"}


def metric(name: str) -> str:
    """``ROUGE-L`` of ``rouge_l``."""
    return METRICS.get(name) or name.replace("_", " ")


def part(name: str) -> str:
    """``yes/no`` of ``yes_no``; empty for the whole set."""
    return "" if name == "all" else _SLICES.get(name) or name.replace("_", " ")
