"""BiomedGPT with the published vocabulary: tokens, templates and the words of a sentence pair, as the reference has them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from harness import models
from harness.data import catalog
from harness.errors import CorruptData
from harness.models.biomedgpt import container, vocabulary_files, weights, wording
from harness.models.biomedgpt.vocabulary import Vocabulary
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.stats.bootstrap import Bootstrap
from tests.models.biomedgpt import recipe

pytestmark = pytest.mark.real
TESTS = Path(__file__).resolve().parent.parent


def there(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("biomedgpt") / "mini_vqa.pt"
    torch.save(recipe.container(recipe.weights(recipe.MINI, 77, 9.0), recipe.MINI), path)
    return path


@pytest.fixture
def folder(data_root: Path) -> Path:
    return there(data_root / "biomedgpt_bpe")


@pytest.fixture
def words(folder: Path) -> Vocabulary:
    return vocabulary_files.load(folder)


def test_texts_have_the_reference_s_tokens_and_come_back(words: Vocabulary) -> None:
    cases = json.loads((TESTS / "golden" / "biomedgpt" / "text.json").read_text(encoding="utf-8"))["tokenize"]
    assert len(cases) == 23
    for case in cases:
        assert words.encode(case["text"]) == case["ids"], case["text"]
        assert words.decode(case["ids"]) == case["decoded"]


def test_a_sentence_pair_is_answered_by_three_words(data_root: Path, words: Vocabulary, checkpoint: Path) -> None:
    """The reference's logits of `` no``, `` maybe`` and `` yes``; the decoder is fed the whole source. Its pairs lie beside the data."""
    golden = there(data_root.parent / "golden")
    pairs = json.loads((golden / "inputs" / "rows.json").read_text(encoding="utf-8"))["nli"]
    expected = json.loads((golden / "expected" / "mini_mednli.json").read_text(encoding="utf-8"))
    file = container.read(checkpoint)
    network = weights.build(file, "model", device=torch.device("cpu"), dtype=torch.float32)
    allowed = [words.encode(word)[0] for word in (" no", " maybe", " yes")]
    assert allowed == expected["allowed_ids"]
    for (premise, hypothesis, _), logits in zip(pairs, expected["logits_at_allowed"], strict=True):
        source = [0, *words.encode(wording.entailment(premise, hypothesis, 512)), 2]
        with torch.inference_mode():
            found = network(torch.tensor([source]), None, torch.tensor([source]))[0, -1]
        assert found[allowed].tolist() == pytest.approx(logits, abs=5e-4)


def test_a_checkpoint_answers_vqa_rad_and_batches_change_nothing(data_root: Path, folder: Path, checkpoint: Path, tmp_path: Path) -> None:
    answers = there(data_root / "biomedgpt_labels" / "vqa_rad_trainval_ans2label.pkl")
    replies = []
    for size in (4, 1):
        backend = models.open_model(str(checkpoint), {"bpe": str(folder), "answers": str(answers), "image_size": "64"})
        options = Options(results=tmp_path / str(size), data_root=data_root, limit=4, batch_size=size, plan=Bootstrap(resamples=0))
        run = evaluate.evaluate(catalog.task("vqa_rad"), backend, options)
        lines = [json.loads(line) for line in (run.folder / "replies.jsonl").read_text().splitlines()]
        replies.append({line["id"]: line["text"] for line in lines})
        assert "the list was made from test answers too" in run.record.model.note
        assert run.record.model.arguments["answers"].startswith("517 given")
    assert replies[0] == replies[1]
    assert len(replies[0]) == 4


def test_another_file_in_the_vocabulary_s_place_is_refused(folder: Path, tmp_path: Path) -> None:
    for name in ("encoder.json", "vocab.bpe", "dict.txt"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "dict.txt").write_bytes((folder / "dict.txt").read_bytes() + b"one 1\n")
    with pytest.raises(CorruptData, match=r"dict\.txt"):
        vocabulary_files.load(tmp_path)


@pytest.mark.parametrize(
    ("task", "given", "official"),
    [
        ("peir_gross", {"max_len": "9", "image_size": "64"}, ("rouge_l", "bioclean")),
        ("pneumoniamnist", {"image_size": "64"}, ("auc", "medmnist")),
        ("mednli", {}, ("accuracy", "label")),
        ("meqsum", {"max_len": "9"}, ("rouge_l", "biomedgpt")),
    ],
)
def test_each_family_is_answered_and_scored_as_the_official_evaluation_does(
    folder: Path, checkpoint: Path, tmp_path: Path, task: str, given: dict[str, str], official: tuple[str, str]
) -> None:
    options = Options(results=tmp_path, limit=4, plan=Bootstrap(resamples=0))
    run = evaluate.evaluate(catalog.task(task), models.open_model(f"biomedgpt:{checkpoint}", {"bpe": str(folder), **given}), options)
    assert run.record.counts.failed == 0
    [value] = [e.value for e in run.record.estimates if (e.metric, e.variant) == official and e.slice == "all"]
    assert value is not None
