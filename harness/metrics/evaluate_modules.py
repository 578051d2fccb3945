"""Modules of the `evaluate` library as metrics: ``evaluate:NAME`` for one of the Hub, ``evaluate:./folder`` for one of this machine.

A module is a function of a whole set: it gives no statistics per sample. Its value is stored whole. Its interval is made from the
jackknife: the module runs once more without each sample in turn, which gives every sample its influence on the value, and the
bootstrap resamples influences. That is exact for a mean of samples (accuracy, exact match) and right to first order for the others.

A module is code, and runs as such: from this machine only where the name is a path (``./folder``, ``/folder``, ``file.py``), from
the Hub only where the name is none. A folder that happens to have a module's name is never taken for it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from harness.base.arrays import np
from harness.base.withheld import message_of
from harness.errors import MissingTool, UsageError
from harness.files import folders
from harness.metrics.base import Context, Floats, Measure, Metric, NotComputed, Samples, Statistics
from harness.metrics.evaluate_metrics import library

PREFIX = "evaluate:"
_MOST_LEFT_OUT = 1000
"""Samples up to which each is left out once: the cost is that many runs of the module."""
_OFFLINE = ("HF_EVALUATE_OFFLINE", "HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What ``evaluate:NAME@REVISION?argument=value#KEY`` says."""

    name: str
    """A path, a canonical module (``accuracy``) or one of the Hub (``org/name``)."""
    revision: str = ""
    """Of the Hub; empty is the library's own choice."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """For ``compute()``, beside predictions and references."""
    key: str = ""
    """Which of the module's results; empty where it gives one."""

    @property
    def is_local(self) -> bool:
        """Whether the name is a path of this machine."""
        return self.name.startswith((".", "/", "~")) or self.name.endswith(".py") or Path(self.name).is_absolute()


def read(text: str) -> Spec:
    """The parts of ``evaluate:NAME[@REVISION][?argument=value&…][#KEY]``; values that are JSON are read as such.

    Raises:
        UsageError: There is no name.
    """
    rest, _, key = text.removeprefix(PREFIX).partition("#")
    rest, _, query = rest.partition("?")
    name, _, revision = rest.partition("@") if not rest.startswith((".", "/", "~")) else (rest, "", "")
    if not name:
        raise UsageError(f"'{text}': expected {PREFIX}NAME, for example {PREFIX}exact_match or {PREFIX}./my_metric.")
    return Spec(
        name=name, revision=revision, arguments={key: _json(value) for key, value in parse_qsl(query, keep_blank_values=True)}, key=key
    )


def from_evaluate(spec: str | Spec) -> Metric:
    """The metric that a module of the `evaluate` library is; loading it runs its code.

    Args:
        spec: As `read` takes it, or read already.

    Raises:
        UsageError: There is no such path, or the name is a folder here and not written as one.
        MissingTool: The module cannot be loaded, for example because the Hub cannot be reached.
    """
    wanted = read(spec) if isinstance(spec, str) else spec
    module = _load(wanted)
    options = {
        "module": Path(wanted.name).stem if wanted.is_local else wanted.name,
        "sha256": str(module._hash),
        "seed": "0",
        **({"revision": wanted.revision} if wanted.revision else {}),
        **({"key": wanted.key} if wanted.key else {}),
        **{f"argument.{name}": json.dumps(value, sort_keys=True) for name, value in wanted.arguments.items()},
    }
    name = Path(wanted.name).stem if wanted.is_local else wanted.name.rpartition("/")[2]
    variant = "-".join(
        ["evaluate", *([wanted.key] if wanted.key else []), *(f"{k}={_shown(v)}" for k, v in sorted(wanted.arguments.items()))]
    )
    # equal measures would share a table, and two modules may share a name
    unique = hashlib.sha256(json.dumps(options, sort_keys=True).encode()).hexdigest()[:8]
    return Metric(
        name=name,
        variant=variant,
        measure=Measure(name=f"evaluate_{name}_{unique}", run=lambda samples, context: _measure(module, wanted, samples, context)),
        value=_value,
        options=options,
        unit="own scale",
        scope="whole set",
        summary=f"What the module '{name}' of the evaluate library gives for the whole set.",
        source="the evaluate library's module of that name" if not wanted.is_local else "the user's own module for the evaluate library",
        pitfalls=(
            "Higher is taken for better: the library does not say.",
            f"The interval is made from the influence of each sample (jackknife), up to {_MOST_LEFT_OUT:,} samples; beyond, there is none.",
            "A module that draws at random without a seed of numpy's has no meaningful interval.",
            "An unparsed reply is an empty text to a module for texts, and to a module for classes the number after the last class.",
        ),
    )


def _load(spec: Spec) -> Any:
    offline = any(os.environ.get(name, "").upper() in {"1", "ON", "YES", "TRUE"} for name in _OFFLINE)
    path = folders.from_home(spec.name)
    if spec.is_local:
        script = path if path.suffix == ".py" else path / f"{path.resolve().name}.py"
        if not script.is_file():
            raise UsageError(
                f"{PREFIX}{spec.name}: there is no {script}; a module is a folder with a script of its own name, or the script."
            )
        place = str(script)
    elif path.exists():
        raise UsageError(f"{PREFIX}{spec.name}: a folder here has that name; write {PREFIX}./{spec.name} to run it, or leave this folder.")
    else:
        place = spec.name
    evaluate = library()
    before, evaluate.config.HF_EVALUATE_OFFLINE = evaluate.config.HF_EVALUATE_OFFLINE, evaluate.config.HF_EVALUATE_OFFLINE or offline
    try:
        module = evaluate.load(place, revision=spec.revision or None, keep_in_memory=True)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the library meets an absent module or network with whatever its downloader raises
        why = " (offline: an environment variable says so)" if offline and not spec.is_local else ""
        raise MissingTool(f"{PREFIX}{spec.name} cannot be loaded{why}: {type(error).__name__}: {_first(error)}") from error
    finally:
        evaluate.config.HF_EVALUATE_OFFLINE = before
    module.seed = 0
    return module


def _measure(module: Any, spec: Spec, samples: Samples, context: Context) -> Statistics:
    predictions, references = _columns(module, samples, context)
    n = len(samples)
    reported = _result(module, spec, predictions, references)
    if isinstance(reported, Sequence | np.ndarray) and not isinstance(reported, str):
        return _each(spec, reported, n)
    whole = _number(spec, reported)
    if not 1 < n <= _MOST_LEFT_OUT:
        return _statistics(whole, np.full(n, np.nan), note=f"no interval: the module would have to run {n:,} times" if n > 1 else "")
    without = np.empty(n)
    for i in range(n):
        rest = (predictions[:i] + predictions[i + 1 :], references[:i] + references[i + 1 :])
        try:
            without[i] = _number(spec, _result(module, spec, *rest))
        except NotComputed:
            return _statistics(whole, np.full(n, np.nan), note="no interval: the module fails without some of the samples")
    return _statistics(whole, (n - 1) * (without.mean() - without), note="interval from each sample's influence (jackknife)")


def _each(spec: Spec, per_sample: Any, n: int) -> Statistics:
    """A module that gives a value per sample is averaged, and its interval is that of the mean."""
    values = np.array([_number(spec, value) for value in per_sample])
    if len(values) != n:
        raise NotComputed(f"{spec.name} gives {len(values)} values for {n} samples, neither one nor one each")
    return _statistics(float(values.mean()) if n else float("nan"), values - values.mean() if n else values, note="mean over samples")


def _statistics(whole: float, influence: Floats, *, note: str) -> Statistics:
    table = np.column_stack([np.ones(len(influence)), np.nan_to_num(influence)])
    fixed = {"value": whole if np.isfinite(whole) else None, "has_influence": bool(np.isfinite(influence).all())}
    return Statistics(names=("n", "influence"), table=table, fixed=fixed, note=note)


def _value(statistics: Statistics, weights: Floats) -> Floats:
    """The whole set's value, moved by the mean influence of what has weight."""
    whole = statistics.fixed["value"]
    if whole is None:
        return np.full(len(weights), np.nan)
    moved = (weights @ statistics.table[:, 1]) / (weights @ statistics.table[:, 0]) if statistics.fixed["has_influence"] else np.nan
    return np.where((weights == 1).all(axis=1), float(whole), float(whole) + moved)


def _columns(module: Any, samples: Samples, context: Context) -> tuple[list[Any], list[Any]]:
    """Predictions and references in the form that the module declares: class numbers, texts, or texts and lists of texts."""
    first = module.features[0] if isinstance(module.features, list) else module.features
    if not isinstance(first, Mapping) or set(first) != {"predictions", "references"}:
        asked = sorted(first) if isinstance(first, Mapping) else [type(first).__name__]
        raise NotComputed(f"the module asks for {', '.join(asked)}; only predictions and references are at hand")
    kind = getattr(first["predictions"], "dtype", "")
    if kind == "string":
        hypotheses = ["" if prediction is None else str(prediction) for prediction in samples.predictions]
        several = getattr(first["references"], "dtype", "") != "string"
        references = [[str(reference) for reference in row] for row in samples.references]
        return hypotheses, references if several else [row[0] for row in references]
    if kind.startswith(("int", "uint")) and context.labels:
        number = {label: position for position, label in enumerate(context.labels)}
        return (
            [number.get(prediction, len(number)) for prediction in samples.predictions],
            [number[target] for target in samples.targets],
        )
    raise NotComputed(f"the module takes predictions of the type {kind or first['predictions']}, which this task does not give")


def _result(module: Any, spec: Spec, predictions: list[Any], references: list[Any]) -> Any:
    try:
        by_name = module.compute(predictions=predictions, references=references, **spec.arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module is anybody's code
        raise NotComputed(f"the module fails on these samples ({type(error).__name__}: {_first(error)})") from error
    if spec.key:
        if spec.key not in by_name:
            raise UsageError(f"{PREFIX}{spec.name}#{spec.key}: its results are {', '.join(by_name)}.")
        return by_name[spec.key]
    if len(by_name) != 1:
        raise UsageError(f"{PREFIX}{spec.name} gives several results; name one of them: {PREFIX}{spec.name}#{next(iter(by_name), 'KEY')} "
                         f"(there are {', '.join(by_name)}).")  # fmt: skip
    return next(iter(by_name.values()))


def _number(spec: Spec, reported: Any) -> float:
    try:
        return float(reported)
    except (TypeError, ValueError) as error:
        raise NotComputed(f"{spec.name} gives {type(reported).__name__} where a number is wanted") from error


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _first(error: BaseException) -> str:
    return next(iter(message_of(error).strip().splitlines()), "no reason given")
