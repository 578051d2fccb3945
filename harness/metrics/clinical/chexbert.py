"""CheXbert F1: which of 14 findings a report states, by a BERT with 14 heads, on both sides.

The labeller reads ``chexbert.pth`` (the release of Smit et al., 2020, tensors alone) and the folder ``bert-base-uncased`` (config and
tokeniser) from the folder of weights. Its scores are sums of true and false positives per label, so they resample exactly.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from harness.base.arrays import np
from harness.errors import CorruptData
from harness.metrics.base import Context, Floats, Measure, Metric, Samples, Statistics
from harness.metrics.clinical import annotating
from harness.metrics.clinical.annotating import Item
from harness.text import one_line

LABELS = (
    "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema", "Consolidation", "Pneumonia", "Atelectasis",
    "Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture", "Support Devices", "No Finding",
)  # fmt: skip
"""In the order of the heads; the last one has two classes (blank, positive), the others four (blank, positive, negative, uncertain)."""
FIVE = ("Cardiomegaly", "Edema", "Consolidation", "Atelectasis", "Pleural Effusion")
_POSITIVE, _UNCERTAIN = 1, 3
_TOKENS, _BATCH = 512, 32
CHECKPOINT, BACKBONE = "chexbert.pth", "bert-base-uncased"


class Reading(Struct, frozen=True, kw_only=True):
    """What CheXbert reads in a report."""

    classes: tuple[int, ...]
    """One per label: 0 blank, 1 positive, 2 negative, 3 uncertain."""
    embedding: Floats
    """[hidden], the last layer's first token; RadCliQ compares these."""


def score(expected: Sequence[Sequence[int]], predicted: Sequence[Sequence[int]]) -> Floats:
    """True positives, false positives and false negatives of each label, uncertain taken as positive.

    Args:
        expected: [n, 14] classes of the references.
        predicted: [n, 14] classes of the predictions.

    Returns:
        [n, 42]: 14 of each.
    """
    reference, prediction = (np.isin(np.asarray(side).reshape(-1, len(LABELS)), (_POSITIVE, _UNCERTAIN)) for side in (expected, predicted))
    return np.hstack([reference & prediction, ~reference & prediction, reference & ~prediction]).astype(np.float64)


def annotate(texts: Sequence[str]) -> tuple[list[Reading], str]:
    """Each text as CheXbert reads it, and the digest of the weights; an empty text states nothing.

    Raises:
        NotComputed: Weights or packages are absent.
        CorruptData: The checkpoint is not CheXbert's.
    """
    folder = annotating.weights(CHECKPOINT, BACKBONE)
    annotating.required("torch", "transformers")
    digest = annotating.digest(folder / CHECKPOINT)
    model = f"chexbert {digest} {annotating.digest(folder / BACKBONE)}"
    lines = [one_line(text) for text in texts]
    annotated = annotating.annotate(model, [(line,) for line in lines], lambda items: _read(folder, items))
    return [
        Reading(classes=tuple(entry["classes"]) if line else (0,) * len(LABELS), embedding=annotating.unpack(entry["embedding"]))
        for line, entry in zip(lines, annotated, strict=True)
    ], digest


def _read(folder: Path, items: list[Item]) -> Iterator[dict[str, Any]]:
    torch, _ = annotating.networks()
    backbone, heads, tokenizer = load(folder)
    device = annotating.device(torch)
    backbone.to(device)
    for first in range(0, len(items), _BATCH):
        batch = tokenizer(
            [item[0] for item in items[first : first + _BATCH]], padding=True, truncation=True, max_length=_TOKENS, return_tensors="pt"
        )
        with torch.inference_mode():
            hidden = backbone(input_ids=batch["input_ids"].to(device), attention_mask=batch["attention_mask"].to(device))
        embedding = hidden.last_hidden_state[:, 0].float().cpu()
        classes = torch.stack([(embedding @ weight.T + bias).argmax(dim=1) for weight, bias in heads], dim=1)
        for row, vector in zip(classes.tolist(), embedding.numpy(), strict=True):
            yield {"classes": row, "embedding": annotating.pack(vector)}


def load(folder: Path) -> tuple[Any, list[tuple[Any, Any]], Any]:
    """The encoder, the weight and bias of each head, and the tokeniser; nothing in the files is run.

    Raises:
        CorruptData: The checkpoint is damaged, holds objects, or is not CheXbert's.
    """
    torch, transformers = annotating.networks()
    path = folder / CHECKPOINT
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        raise CorruptData(f"{path}: cannot be loaded as tensors alone; download CheXbert's release again.") from error
    saved = saved.get("model_state_dict", saved) if isinstance(saved, dict) else saved
    if not isinstance(saved, dict):
        raise CorruptData(f"{path}: holds a {type(saved).__name__}, not CheXbert's state dict.")
    state = {str(name).removeprefix("module."): tensor for name, tensor in saved.items()}
    backbone = transformers.BertModel(transformers.AutoConfig.from_pretrained(folder / BACKBONE, local_files_only=True))
    encoder = {name.removeprefix("bert."): tensor for name, tensor in state.items() if name.startswith("bert.")}
    encoder.pop("embeddings.position_ids", None)  # a buffer that older versions of transformers saved
    try:
        backbone.load_state_dict(encoder)
        heads = [(state[f"linear_heads.{i}.weight"].float(), state[f"linear_heads.{i}.bias"].float()) for i in range(len(LABELS))]
    except (RuntimeError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        raise CorruptData(f"{path}: not CheXbert's weights for the config in {folder / BACKBONE} ({reason}).") from error
    return backbone.eval(), heads, transformers.AutoTokenizer.from_pretrained(folder / BACKBONE, local_files_only=True)


def _run(samples: Samples, context: Context) -> Statistics:  # noqa: ARG001  the texts alone decide
    predictions, expected = annotating.texts(samples)
    readings, digest = annotate([*predictions, *expected])
    classes = [reading.classes for reading in readings]
    names = tuple(f"{kind}_{label.lower().replace(' ', '_')}" for kind in ("tp", "fp", "fn") for label in LABELS)
    return Statistics(names=names, table=score(classes[len(predictions) :], classes[: len(predictions)]), fixed={"weights": digest})


def _f1(labels: Sequence[str], *, micro: bool) -> Callable[[Statistics, Floats], Floats]:
    chosen = [LABELS.index(label) for label in labels]

    def value(statistics: Statistics, weights: Floats) -> Floats:
        right, extra, missed = (weights @ statistics.table).reshape(len(weights), 3, len(LABELS))[:, :, chosen].transpose(1, 0, 2)
        if micro:
            right, extra, missed = (part.sum(axis=1, keepdims=True) for part in (right, extra, missed))
        with np.errstate(invalid="ignore"):
            f1 = 2 * right / (2 * right + extra + missed)
        return np.asarray(f1[:, 0] if micro else np.nan_to_num(f1).mean(axis=1))

    return value


_MEASURE = Measure(name="chexbert", run=_run)

METRICS: tuple[Metric, ...] = tuple(
    Metric(
        name="chexbert_f1",
        variant=f"{average}-{len(labels)}",
        measure=_MEASURE,
        value=_f1(labels, micro=average == "micro"),
        options={
            "model": "chexbert",
            "labels": str(len(labels)),
            "average": average,
            "uncertain": "positive (rrg)",
            "empty": "no label",
            "zero_division": "undefined" if average == "micro" else "0",
        },
        summary=f"F1 of the findings that CheXbert reads in reply and reference: {len(labels)} labels, {average} average.",
        source="Smit et al. (2020), CheXbert; labels and averages as in F1CheXbert (Delbrouck et al., 2022)",
        pitfalls=(
            f"Needs {CHECKPOINT} and the folder {BACKBONE} in {annotating.VARIABLE}; without them it is not computed.",
            "Uncertain counts as positive; evaluations that take it for negative or drop it print other numbers.",
            *(("A label that neither side has counts as 0 in the mean, as in scikit-learn.",) if average == "macro" else ()),
            "The labeller was made for chest X-rays: on CT or MRI reports it is outside what it was tested on.",
        ),
    )
    for labels in (LABELS, FIVE)
    for average in ("micro", "macro")
)
"""Micro and macro F1 of 14 and of 5 labels; the first one stands for the family."""
