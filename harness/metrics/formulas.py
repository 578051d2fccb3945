"""What each metric computes, one line each, in plain text: by name, or by ``name/variant`` where a variant differs.

n is the number of samples, the weight of a set; a sum or mean without a range is over its samples. Words and grams are those after the
variant's text treatment, counted with repetitions unless called a set.
"""

from __future__ import annotations

from collections.abc import Mapping

_F = "2 P R / (P + R)"
_BLEU = "BP (p_1 … p_{n})^(1/{n}), p_k = clipped matches of k-grams / k-grams said, both summed over the set; BP = min(1, exp(1 - r/c))"
_SENTENCE_BLEU = "mean of BP (p_1 … p_{n})^(1/{n}), p_k = clipped matches of k-grams / k-grams said, of one text; 0 where a p_k is 0"
_ROUGE_N = f"mean of {_F}; P = shared {{n}}-grams / {{n}}-grams said, R = shared {{n}}-grams / {{n}}-grams expected"
_ROUGE_L = f"mean of {_F}; P = LCS / words said, R = LCS / words expected, LCS = longest common subsequence"
_MEDIAN = "median over 1,000 resamples of the mean of {what}"
_ANY_ORDER = "(closed: label read = answer; open: reply = answer, or the same items where the answer is a list) / n"
_MEANS = {
    "rouge_1": _ROUGE_N.format(n=1),
    "rouge_2": _ROUGE_N.format(n=2),
    "rouge_l": _ROUGE_L,
}

FORMULAS: Mapping[str, str] = {
    "accuracy": "right / n",
    "accuracy/per-label": "mean over labels of right(label) / n",
    "accuracy/llava_med": "(samples whose reply contains the answer as a substring) / n",
    "accuracy/llava_med-v1": "(closed questions whose reply contains the answer and yes or no) / (closed - wrong with yes or no in them)",
    "accuracy/multimedeval": "(samples with R >= 0.4 where the answer is yes or no, else R >= 0.75) / n; R as in token_recall",
    "accuracy/medevalkit": "right / n; right: exactly one of yes and no is a substring and is the answer (closed); reply = answer (open)",
    "auc": "mean over classes k of P(score_k of a k > score_k of a not-k) + P(equal) / 2",
    "auc/class": "P(score_k of a k > score_k of a not-k) + P(equal) / 2, k the class of the slice",
    "auprc": "sum over thresholds of (R_i - R_{i-1}) P_i",
    "balanced_accuracy": "mean over classes k present of right(k) / n(k)",
    "bertscore": f"mean of {_F}; P, R = mean of the best cosine similarity of each token said, each expected",
    **{f"bleu_{n}": _BLEU.format(n=n) for n in range(1, 5)},
    **{f"bleu_{n}/mme": _SENTENCE_BLEU.format(n=n) for n in (1, 4)},
    "bleu_1/multimedeval": "mean of BP p_1, p_1 = clipped matches of words / words said, BP = min(1, exp(1 - r/c)), of one reply",
    "brier": "mean of the sum over classes k of (p_k - [target is k])²; of two classes (p_last - [target is the last])²",
    "calibration_error": "sum over bins of confidence b of n(b)/n · |right(b) / n(b) - mean confidence(b)|",
    "chexbert_f1": f"{_F} over findings called positive by the labeller: pooled (micro) or mean over findings (macro)",
    "cider": "10/4 sum over k = 1..4 of the mean of min(g, h)·h / (|g| |h|) exp(-(l_g - l_h)² / 72), g and h tf-idf vectors of k-grams",
    "exact_match": "(closed: label read = answer; open: normalised reply = normalised answer) / n",
    "exact_match/any-order": _ANY_ORDER,
    "exact_match/chinese-any-order": _ANY_ORDER,
    "exact_match/biomedgpt": "(stripped reply = answer) / n",
    "f1": f"{_F} of the positive class",
    "f1/class": f"{_F} of the class of the slice",
    "green": "mean of matched / (matched + significant errors), findings as the language model counts them; 0 where none matches",
    "macro_f1": f"mean over classes k present of {_F} of k",
    "meteor": "(1 - Pen) P R / (0.85 P + 0.15 R) from weighted matches summed over the set; Pen = 0.6 (chunks / matches)^0.2",
    "ndcg_at_10": "mean over topics of DCG / ideal DCG; DCG = sum over ranks r = 1..10 of gain_r / log2(r + 1)",
    "p_at_10": "mean over topics of relevant among the first ten / 10",
    "quadratic_kappa": "1 - sum_ij (i - j)² observed_ij / sum_ij (i - j)² expected_ij",
    "semb_score": "mean of the cosine similarity of CheXbert's embeddings of the report and the reference",
    "radcliq": "mean of c_0 + sum over RadGraph F1, BERTScore, CheXbert cosine, BLEU-2 of c_i (x_i - m_i) / s_i",
    "radgraph_f1": f"mean of {_F}; P, R over the sets of entities found in reply and reference",
    "ratescore": f"mean of {_F}; P, R = weighted mean of each entity's best cosine similarity in the other text",
    "recall": "right(k) / n(k) of the slice's class k",
    **_MEANS,
    **{f"{name}/biomedgpt": _MEDIAN.format(what=text.removeprefix("mean of ")) for name, text in _MEANS.items()},
    **{
        f"rouge_l/{variant}": "mean of 2.44 P R / (R + 1.44 P); P = LCS / words said, R = LCS / words expected"
        for variant in ("coco-ptb", "coco-treebank", "bioclean", "r2gen-iu", "r2gen-mimic")
    },
    "rouge_lsum": f"mean of {_F}; P = U / words said, R = U / words expected, U = words of the union of LCS of each sentence expected",
    "sensitivity": "TP / (TP + FN)",
    "specificity": "TN / (TN + FP)",
    "token_f1": f"mean of {_F}; P = shared words / words said, R = shared words / words expected",
    "token_f1/multimedeval": "mean of 2 P R / (P + R + 1e-8); P = |S ∩ T| / |S|, R = |S ∩ T| / |T|; S, T = sets of words said, expected",
    "token_precision": "mean of shared words / words said",
    "token_recall": "mean of shared words / words expected",
    "token_recall/llava_med": "mean of hits / (hits + missed); hits = the answer's words said, with repeats; missed = its words not said",
    "token_recall/multimedeval": "mean of |S ∩ T| / |T|; S, T = sets of words said, expected",
    "unparsed_rate": "unread / n",
    "weighted_f1": f"sum over classes k of n(k)/n · {_F} of k",
}
"""A metric without one here is not registered: the contract tests look."""


def formula(name: str, variant: str) -> str:
    """The formula of a variant, or of its metric's name; empty where there is none."""
    return FORMULAS.get(f"{name}/{variant}", FORMULAS.get(name, ""))
