"""Classifiers of the transformers library: encoders over texts, and networks over pictures, with labels matched by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

transformers = pytest.importorskip("transformers", reason="needs the extra hf")

from harness.data import catalog  # noqa: E402  where the library is
from harness.errors import UsageError  # noqa: E402  where the library is
from tests.models.checkpoints import Ask, not_numbers  # noqa: E402
from tests.models.tiny import built, tokenizer  # noqa: E402

Make = Callable[..., Path]

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
NLI = ("entailment", "neutral", "contradiction")
RUNS = "runs, equal to the library alone"
TEXTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "a `bert` of texts": (RUNS, {**SMALL, "max_position_embeddings": 512}),
    "a `roberta` of texts": (RUNS, {**SMALL, "max_position_embeddings": 514, "pad_token_id": 1}),
    "a `distilbert` of texts": (RUNS, {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64}),
    "a `electra` of texts": (RUNS, {**SMALL, "embedding_size": 32}),
    "a `deberta-v2` of texts": (RUNS, {**SMALL, "type_vocab_size": 0}),
    "a `modernbert` of texts": (RUNS, {**SMALL, "global_attn_every_n_layers": 2}),
}
PICTURES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "a `vit` of pictures": (RUNS, {**SMALL, "image_size": 32, "patch_size": 16}),
    "a `deit` of pictures": (RUNS, {**SMALL, "image_size": 32, "patch_size": 16, "architectures": ["DeiTForImageClassification"]}),
    "a `swin` of pictures": (
        RUNS,
        {"image_size": 32, "patch_size": 4, "embed_dim": 16, "depths": [1, 1], "num_heads": [2, 2], "window_size": 4},
    ),
    "a `convnext` of pictures": (RUNS, {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2}),
    "a `resnet` of pictures": (RUNS, {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]}),
}
"""What settings say of a type, by what becomes of it."""
REFUSED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "labels called LABEL_0, LABEL_1, …": (
        "its settings call its outputs LABEL_0, LABEL_1, LABEL_2, which says nothing",
        ("LABEL_0", "LABEL_1", "LABEL_2"),
    ),
    "labels abbreviated": (
        "If they mean the same: -a 'labels=contradiction|neutral|entailment'",
        ("contradict", "neutral", "entail"),
    ),
    "labels of more kinds than the task's": ("Its 4 outputs are not the task's 3 labels", ("yes", "no", "maybe", "none")),
    "labels of another task": ("tells apart yes, no, maybe; mednli", ("yes", "no", "maybe")),
    "one output": ("a network of one output, which is a number", ("x",)),
}
"""Labels that are not the task's."""
ORDERED: Mapping[str, tuple[str, tuple[str, ...], Mapping[str, str]]] = {
    "labels in capitals, in another order": (RUNS, ("CONTRADICTION", "Entailment", "neutral"), {}),
    "labels given with `-a labels=`": (RUNS, ("LABEL_0", "LABEL_1", "LABEL_2"), {"labels": "contradiction|entailment|neutral"}),
}
"""Labels in another order than the task's, always contradiction, entailment, neutral; and what is said of them."""
WHAT_RUNS = {"transformers classifiers": {**TEXTS, **PICTURES, **REFUSED, **ORDERED}}


def named(labels: tuple[str, ...]) -> dict[str, Any]:
    """What settings say of outputs."""
    by_label = {label: number for number, label in enumerate(labels)}
    return {"num_labels": len(labels), "id2label": dict(enumerate(labels)), "label2id": by_label}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """The folder of a tiny encoder with a head over texts."""

    def make(kind: str, labels: tuple[str, ...] = NLI, **changes: Any) -> Path:
        folder = tmp_path_factory.mktemp(kind)
        words = tokenizer(folder, last=True)
        given = {"vocab_size": len(words), "pad_token_id": 0, **TEXTS[f"a `{kind}` of texts"][1], **named(labels), **changes}
        return built(folder, kind, "AutoModelForSequenceClassification", **given)

    return make


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """The folder of a tiny network over pictures."""

    def make(kind: str, labels: tuple[str, ...] = ("normal", "pneumonia"), **changes: Any) -> Path:
        folder = tmp_path_factory.mktemp(kind)
        transformers.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
        own = {**PICTURES[f"a `{kind}` of pictures"][1], **named(labels), **changes}
        return built(folder, kind, "AutoModelForImageClassification", **own)

    return make


@torch.inference_mode()
def alone(folder: Path, requests: Any) -> list[list[float]]:
    """The library's own log-probabilities of each pair, one at a time, in the order of its outputs."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    pairs = [(request.item.context["premise"], request.item.context["hypothesis"]) for request in requests]
    return [model(**tokenizer(*pair, return_tensors="pt")).logits[0].double().log_softmax(-1).tolist() for pair in pairs]


def scores(model: Any, requests: Any) -> Any:
    found = [response.choice_log_probs for response in model.generate(requests)]
    assert all(found)
    return found


@pytest.mark.parametrize("kind", [what.split("`")[1] for what in TEXTS])
def test_an_encoder_of_texts_reads_pairs_as_the_library_does(texts: Make, ask: Ask, kind: str) -> None:
    folder = texts(kind)
    model, requests = ask(folder, "mednli", 5)
    for one, other in zip(scores(model, requests), alone(folder, requests), strict=True):
        assert one == pytest.approx(other, abs=1e-5)
    assert (model.info.scores, model.info.arguments["reads"]) == ("softmax", "premise|hypothesis")


@pytest.mark.parametrize("kind", [what.split("`")[1] for what in PICTURES])
def test_a_network_over_pictures_sees_them_as_the_library_does(pictures: Make, ask: Ask, kind: str) -> None:
    from harness.images.pixels import decode

    folder = pictures(kind)
    model, requests = ask(folder, "pneumoniamnist", 4)
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    network = transformers.AutoModelForImageClassification.from_pretrained(folder).eval()
    for request, found in zip(requests, scores(model, requests), strict=True):
        with torch.inference_mode():
            logits = network(**processor(images=decode(request.item.images[0], "RGB"), return_tensors="pt")).logits[0]
        assert found == pytest.approx(logits.double().log_softmax(-1).tolist(), abs=1e-5)
    assert model.info.arguments["labels"] == "normal|pneumonia"


@pytest.mark.parametrize("what", ORDERED)
def test_labels_are_matched_by_name_whatever_their_order_and_case(texts: Make, ask: Ask, what: str) -> None:
    _, labels, given = ORDERED[what]
    folder = texts("bert", labels)
    model, requests = ask(folder, "mednli", 3, **given)
    for found, (contradiction, entailment, neutral) in zip(scores(model, requests), alone(folder, requests), strict=True):
        assert found == pytest.approx([entailment, neutral, contradiction], abs=1e-5)


@pytest.mark.parametrize(("outcome", "labels"), REFUSED.values(), ids=REFUSED)
def test_labels_that_are_not_the_tasks_are_refused_and_never_taken_by_place(
    texts: Make, ask: Ask, outcome: str, labels: tuple[str, ...]
) -> None:
    folder = texts("bert", labels)
    with pytest.raises(UsageError) as refused:
        ask(folder, "mednli")
    assert outcome in str(refused.value)


@pytest.mark.parametrize(
    ("task", "made", "message"),
    [("pneumoniamnist", "texts", "asks for no choice among labels of one"), ("mednli", "pictures", "asks for no label of a picture")],
)
def test_a_task_of_the_other_kind_is_refused(texts: Make, pictures: Make, ask: Ask, task: str, made: str, message: str) -> None:
    folder = texts("bert") if made == "texts" else pictures("vit")
    with pytest.raises(UsageError, match=message):
        ask(folder, task)


@pytest.mark.parametrize(
    ("kind", "most"), [("bert", 40), ("roberta", 38)], ids=["bert", "roberta, whose places begin behind the padding's"]
)
def test_a_text_beyond_the_places_fails_alone_and_is_cut_where_that_is_asked_for(texts: Make, ask: Ask, kind: str, most: int) -> None:
    folder = texts(kind, max_position_embeddings=40)

    def long(**given: str) -> Any:
        model, requests = ask(folder, "mednli", 2, **given)
        short = replace(requests[0].item, context={"premise": "He is well.", "hypothesis": "No fever."})
        wide = replace(short, context={"premise": "well " * 60, "hypothesis": "No fever."})
        return model, [replace(requests[0], item=short), replace(requests[1], item=wide)]

    model, requests = long()
    answered, failed = model.generate(requests)
    assert answered.choice_log_probs is not None
    assert f"longer than the {most} tokens that the model reads" in failed.error
    assert failed.of_request
    model, requests = long(truncate="right")
    assert model.info.arguments["truncate"] == "right"
    kept, cut = model.generate(requests)
    assert kept.choice_log_probs == pytest.approx(answered.choice_log_probs, abs=1e-5)
    assert cut.choice_log_probs is not None
    assert cut.usage["cut"] > 0


def test_what_is_read_can_be_said_and_must_be_there(texts: Make, ask: Ask) -> None:
    folder = texts("bert")
    model, requests = ask(folder, "mednli", 2, reads="text")
    assert model.info.arguments["reads"] == "text"
    assert scores(model, requests) != scores(*ask(folder, "mednli", 2))
    with pytest.raises(UsageError, match=r"reads=premise\|summary: one or two of what mednli.* shows: text, premise, hypothesis"):
        ask(folder, "mednli", reads="premise|summary")


def test_labels_of_several_for_one_picture_are_scored_each_on_its_own(pictures: Make, ask: Ask) -> None:
    labels = catalog.task("chestmnist").card.labels
    folder = pictures("vit", labels[::-1], problem_type="multi_label_classification")
    model, requests = ask(folder, "chestmnist", 2)
    assert model.info.scores == "independent"
    assert all(len(found) == 14 for found in scores(model, requests))


def test_a_network_whose_outputs_are_not_numbers_says_so(texts: Make, ask: Ask) -> None:
    folder = texts("bert")
    not_numbers(folder, "classifier.weight")
    model, requests = ask(folder, "mednli", 1)
    assert "logits are not numbers" in model.generate(requests)[0].error


def test_settings_say_what_a_folder_is(texts: Make, pictures: Make) -> None:
    for folder, name in ((texts("bert"), "BertForSequenceClassification"), (pictures("vit"), "ViTForImageClassification")):
        assert json.loads((folder / "config.json").read_text())["architectures"] == [name]
