"""RadGraph's annotator: a small random network in the released layout, read by radeval's RadGraph without a network connection."""

from __future__ import annotations

import importlib.util
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.metrics.base import Context
from harness.metrics.clinical import annotating, radeval_parts, radgraph
from tests.metrics import samples as made
from tests.metrics import tiny_bert

pytestmark = [
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in ("radeval", "dotmap", "transformers")),
        reason="radeval is not installed",
    ),
    pytest.mark.filterwarnings("ignore"),  # the package leaves files open
]

WORDS = "heart is enlarged clear mild edema in the left lung . no effusion a b 1 2".split()
TEXTS = ["mild edema in the left lung . no effusion", "", "heart is enlarged"]
LABELS = {"ner": ["Observation::definitely present", "Anatomy::definitely present"], "relation": ["modify", "located_at"]}
BERT = {"type": "pretrained_transformer_mismatched", "model_name": "someone/small-bert", "max_length": 512}
CONFIG = {
    "dataset_reader": {"type": "dygie", "max_span_width": 3, "token_indexers": {"bert": BERT}},
    "model": {
        "type": "dygie",
        "embedder": {"token_embedders": {"bert": BERT}},
        "initializer": {},
        "module_initializer": {},
        "feature_size": 8,
        "max_span_width": 3,
        "target_task": "relation",
        "feedforward_params": {"num_layers": 1, "hidden_dims": 16, "dropout": 0.0},
        "loss_weights": {"ner": 1.0, "relation": 1.0, "coref": 0.0, "events": 0.0},
        "modules": {
            "coref": {"spans_per_word": 0.3, "max_antecedents": 10, "coref_prop": 0},
            "ner": {},
            "relation": {"spans_per_word": 0.5},
            "events": {"trigger_spans_per_word": 0.3, "argument_spans_per_word": 0.8},
        },
    },
}


def write_archive(folder: Path, content: Path) -> None:
    with tarfile.open(folder / "radgraph-xl.tar.gz", "w:gz") as packed:
        for path in sorted(content.iterdir()):
            packed.add(path, arcname=path.name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of weights, and a cache of its own."""
    torch, _ = annotating.networks()
    package = radeval_parts.radgraph()
    root = tmp_path_factory.mktemp("radgraph")
    weights, content = root / "weights", root / "content"
    tiny_bert.saved(weights / "small-bert", WORDS, layers=1, seed=1)
    (content / "vocabulary").mkdir(parents=True)
    (content / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (content / "vocabulary" / "non_padded_namespaces.txt").write_text("*labels\n", encoding="utf-8")
    for kind, names in LABELS.items():
        lines = ["", *names] if kind == "ner" else names
        (content / "vocabulary" / f"radgraph-xl__{kind}_labels.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def keep(network: Any, state: Any, strict: bool = True) -> None:
        """In the place of loading: what the network was made with, and heads that find something."""
        made = network.state_dict()
        draws = torch.Generator().manual_seed(5)
        for name, tensor in made.items():
            if ("_ner" in name or "_relation" in name) and tensor.is_floating_point():
                made[name] = torch.randn(tensor.shape, generator=draws)
        torch.save(made, content / "weights.th")

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        patch.setenv(annotating.VARIABLE, str(weights))
        patch.setenv("HF_HUB_OFFLINE", "1")
        torch.save({}, content / "weights.th")
        write_archive(weights, content)
        with torch.random.fork_rng(), pytest.MonkeyPatch.context() as instead:
            torch.manual_seed(1)
            instead.setattr(torch.nn.Module, "load_state_dict", keep)
            list(radgraph._read(weights, "radgraph-xl", []))
        write_archive(weights, content)
        assert package.RadGraph.__module__.startswith("RadEval.")
        yield weights


def test_reports_become_facts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found, digest = radgraph.annotate(TEXTS, "radgraph-xl")
    assert [bool(each.simple) for each in found] == [True, False, True]
    assert found[0].relations
    assert len(digest) == 64
    assert capsys.readouterr().out == ""  # what the package prints goes to stderr


def test_the_metric_is_1_for_the_reference_itself(folder: Path) -> None:
    metric = radgraph.METRICS[0]
    statistics = metric.measure.run(made.of([TEXTS[0], None], [TEXTS[0], TEXTS[2]]), Context())
    assert metric.value(statistics, np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])).tolist() == [1.0, 0.0, 0.5]


def test_greens_prompt_holds_both_reports_and_the_kinds_have_their_weights() -> None:
    prompt, clean = radeval_parts.green()
    asked = prompt("the heart is enlarged", "the lungs are clear")
    assert asked.index("the heart is enlarged") < asked.index("the lungs are clear")
    assert clean("<|assistant|>[Matched Findings]:\n1. x</s>") == "[Matched Findings]:\n1. x"
    weights = radeval_parts.affinity()
    assert len(weights) == 26  # five kinds by five, and the factor of a contradiction
    assert 0 < weights["NEG_WEIGHT"] < 1
