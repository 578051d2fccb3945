"""CLIP, SigLIP and open_clip folders as zero-shot classifiers, against the libraries' own functions used plainly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from msgspec import structs

from harness import models
from harness.data import catalog
from harness.errors import CorruptData, UsageError
from harness.images.pixels import decode
from harness.models.contrastive.wordings import ensemble
from harness.types import Image, Request
from tests.models.checkpoints import Ask, Tiny, scores

ONE = "a chest X-ray with {label}"


def expected(folder: Path, requests: list[Request], template: str) -> Any:
    """The library's own logits for one wording per label, [n, labels]."""
    from transformers import AutoModel, AutoProcessor

    model, processor = AutoModel.from_pretrained(folder).eval(), AutoProcessor.from_pretrained(folder)
    pictures = [decode(request.item.images[0], "RGB") for request in requests]
    texts = [template.replace("{label}", label) for label in requests[0].item.choices]
    padding = "max_length" if model.config.model_type == "siglip" else True
    inputs = processor(images=pictures, text=texts, padding=padding, truncation=True, max_length=128, return_tensors="pt")
    with torch.inference_mode():
        return model(**inputs).logits_per_image.double()


@pytest.mark.parametrize("name", ["clip", "siglip"])
def test_scores_are_the_softmax_of_the_librarys_own_logits(tiny: Tiny, ask: Ask, name: str) -> None:
    asked, requests = ask(tiny(name), "pathmnist", 4, kind="clip", templates=ONE)
    np.testing.assert_allclose(scores(asked, requests), expected(tiny(name), requests, ONE).log_softmax(dim=1), atol=1e-5)
    assert asked.info.scores == "softmax"


def test_several_labels_get_a_sigmoid_each_from_a_network_trained_so(tiny: Tiny, ask: Ask) -> None:
    asked, requests = ask(tiny("siglip"), "chestmnist", 4, kind="clip", templates=ONE)
    np.testing.assert_allclose(
        np.array(scores(asked, requests)), torch.nn.functional.logsigmoid(expected(tiny("siglip"), requests, ONE)), atol=1e-5
    )
    assert asked.info.scores == "independent"


def test_several_labels_are_each_weighed_against_their_denial_otherwise(tiny: Tiny, ask: Ask) -> None:
    asked, requests = ask(tiny("clip"), "chestmnist", 3, kind="clip", templates=ONE, templates_absent="no {label}")
    both = torch.stack([expected(tiny("clip"), requests, template) for template in (ONE, "no {label}")])
    np.testing.assert_allclose(scores(asked, requests), both.log_softmax(dim=0)[0], atol=1e-5)


def test_wordings_are_averaged_as_directions(tiny: Tiny, ask: Ask) -> None:
    both, _ = ask(tiny("clip"), "pneumoniamnist", 2, kind="clip", templates=f"{ONE}|{{label}}")
    single = [ask(tiny("clip"), "pneumoniamnist", 2, kind="clip", templates=template)[0].present for template in (ONE, "{label}")]
    mean = torch.stack(single).mean(dim=0)
    # Four texts at once are rounded otherwise than two, in single precision.
    torch.testing.assert_close(both.present, mean / mean.norm(dim=-1, keepdim=True), atol=1e-6, rtol=1e-5)


def test_open_clip_folders_answer_as_the_library_does(tiny: Tiny, ask: Ask) -> None:
    open_clip = pytest.importorskip("open_clip", reason="needs the extra open_clip")
    asked, requests = ask(tiny("open_clip"), "pneumoniamnist", 3, kind="clip", templates=ONE)
    model, transform = open_clip.create_model_from_pretrained(f"local-dir:{tiny('open_clip')}")
    texts = open_clip.get_tokenizer(f"local-dir:{tiny('open_clip')}")([ONE.replace("{label}", c) for c in requests[0].item.choices])
    pictures = torch.stack([transform(decode(request.item.images[0], "RGB")) for request in requests])
    with torch.inference_mode():
        seen, said, scale = model.eval()(pictures, texts)[:3]
    np.testing.assert_allclose(scores(asked, requests), (scale * seen @ said.T).double().log_softmax(dim=1), atol=1e-5)


WHAT_RUNS = {
    "Contrastive models": {
        "wordings longer than a CLIP's text tower reads": "clip: its text tower reads 128 tokens, and this wording has",
        "wordings longer than a SigLIP's text tower reads": "siglip: its text tower reads 128 tokens, and this wording has",
        "wordings longer than an open_clip's text tower reads": "open_clip: its text tower reads 77 tokens, and this wording has",
    }
}


@pytest.mark.parametrize("outcome", WHAT_RUNS["Contrastive models"].values())
def test_a_wording_that_would_be_cut_is_refused_with_what_to_do(tiny: Tiny, ask: Ask, outcome: str) -> None:
    """Cut, all of them would be the same text."""
    name = outcome.partition(":")[0]
    if name == "open_clip":
        pytest.importorskip("open_clip", reason="needs the extra open_clip")
    long = "a chest radiograph of a patient " * 20 + "with {label}"
    with pytest.raises(UsageError, match=f"{outcome} .* -a 'templates={{label}}'"):
        ask(tiny(name), "pneumoniamnist", kind="clip", templates=long)
    assert all(scores(*ask(tiny(name), "pneumoniamnist", 2, kind="clip", templates="an X-ray with {label}")))


@pytest.mark.parametrize("name", ["clip", "siglip"])
def test_a_batch_answers_as_its_pictures_alone_do(tiny: Tiny, ask: Ask, name: str) -> None:
    asked, requests = ask(tiny(name), "pathmnist", 5, kind="clip")
    for response, request in zip(asked.generate(requests), requests, strict=True):
        assert asked.generate([request])[0].choice_log_probs == pytest.approx(response.choice_log_probs, abs=1e-5)


def test_a_picture_that_cannot_be_read_fails_alone(tiny: Tiny, ask: Ask) -> None:
    asked, requests = ask(tiny("clip"), "pathmnist", 3, kind="clip")
    broken = Image(name="broken.png", read=lambda: b"no picture")
    requests[1] = replace(requests[1], item=replace(requests[1].item, images=(broken,)))
    assert [response.error is None for response in asked.generate(requests)] == [True, False, True]


@pytest.mark.parametrize("task", ["vqa_rad", "mednli", "meqsum", "iu_xray"])
def test_a_task_without_labels_of_a_picture_is_refused(tiny: Tiny, ask: Ask, task: str) -> None:
    with pytest.raises(UsageError, match=f"{task} asks for no choice among labels"):
        ask(tiny("clip"), task, kind="clip")


def test_wordings_come_from_the_user_then_the_card_then_the_harness() -> None:
    card = catalog.task("pneumoniamnist").card
    own = structs.replace(card, facts={**card.facts, "templates": ["film: {label}", "{modality} of {label}"]})
    assert ensemble(own, templates=("{label}?",)).present == ("{label}?",)
    assert ensemble(own).texts("normal") == ["film: normal", "chest X-ray of normal"]
    assert ensemble(card).texts("normal")[:3] == ["normal", "an image of normal", "a chest X-ray image of normal"]
    assert ensemble(card).texts("normal", absent=True)[0] == "no normal"
    with pytest.raises(UsageError, match=r"each wording needs \{label\}"):
        ensemble(card, templates=("a lung",))


def test_another_kind_of_model_is_refused(tiny: Tiny) -> None:
    with pytest.raises(UsageError, match="a 'llama' model; clip runs clip, "):
        models.open_model(f"clip:{tiny('llama')}", {})


def test_an_open_clip_folder_without_weights_is_named(tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "open_clip_config.json").write_text((tiny("open_clip") / "open_clip_config.json").read_text())
    with pytest.raises(CorruptData, match="holds no weights"):
        models.open_model(f"clip:{tmp_path}", {})
