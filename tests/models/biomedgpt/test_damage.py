"""Checkpoint files that are damaged, hostile or not what was asked for: each a named error, and nothing in them runs."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.errors import CorruptData, MissingData, UsageError
from harness.models.biomedgpt import container, settings, weights
from tests.models.biomedgpt import recipe

Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def content(thin: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """Mini weights in the trainer's container."""
    made: dict[str, Any] = recipe.container(thin, recipe.MINI)
    return made


def saved(tmp_path: Path, content: dict[str, Any], change: Change = lambda _: None) -> Path:
    own = {**content, "model": dict(content["model"]), "extra_state": dict(content["extra_state"])}
    change(own)
    path = tmp_path / "file.pt"
    torch.save(own, path)
    return path


class Command:
    """What a hostile pickle asks for."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.mark}",)


def test_a_hostile_pickle_is_refused_by_name_and_does_not_run(tmp_path: Path, content: dict[str, Any]) -> None:
    mark = tmp_path / "ran"
    for hostile, asked in ((Command(mark), r"\w+\.system"), (Path("a"), r"pathlib\.\w+")):
        path = saved(tmp_path, content, lambda own, hostile=hostile: own["extra_state"].update(x=hostile))  # type: ignore[misc]
        with pytest.raises(CorruptData, match=rf"its pickle asks for {asked}, which no BiomedGPT checkpoint needs"):
            container.read(path)
    assert not mark.exists()


def test_scores_that_the_trainer_keeps_as_numpy_scalars_are_read(tmp_path: Path, content: dict[str, Any]) -> None:
    path = saved(tmp_path, content, lambda own: own["extra_state"].update(best=np.float64(0.5), n=np.int64(3)))
    assert container.read(path).layout == "fairseq"


@pytest.mark.parametrize("kept", [0, 100])
def test_a_truncated_file_is_named(tmp_path: Path, content: dict[str, Any], kept: int) -> None:
    path = saved(tmp_path, content)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CorruptData, match=r"file\.pt"):
        container.read(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match="no such checkpoint"):
        container.read(tmp_path / "none.pt")


NAME = "encoder.layers.0.fc1.weight"
TIED = "decoder.output_projection.weight"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda model: model.pop(NAME), rf"it lacks 1 tensor: {NAME}"),
        (lambda model: model.update({NAME: model[NAME][:, :-1].clone()}), rf"{NAME} is \[128, 63\], the settings say \[128, 64\]"),
        (lambda model: model.update({"encoder.extra.weight": torch.zeros(2)}), r"encoder\.extra\.weight"),
        (lambda model: model.update({TIED: model[TIED] + 1}), rf"{TIED} differs from"),
    ],
    ids=["missing", "misshapen", "unexpected", "a copy that differs"],
)
def test_a_tensor_that_is_not_as_the_settings_say_is_named(tmp_path: Path, content: dict[str, Any], change: Change, message: str) -> None:
    checkpoint = container.read(saved(tmp_path, content, lambda own: change(own["model"])))
    with pytest.raises(CorruptData, match=message):
        weights.check(checkpoint, "model")


def test_averaged_weights_are_an_error_only_where_they_are_asked_for_by_name(tmp_path: Path, content: dict[str, Any]) -> None:
    checkpoint = container.read(saved(tmp_path, content))
    assert container.choose_weights(checkpoint, "auto", official="ema") == "model"
    with pytest.raises(UsageError, match="weights=ema was given, and the file holds no averaged weights"):
        container.choose_weights(checkpoint, "ema", official="ema")


@pytest.mark.parametrize("setting", ["adapter", "encoder_prompt", "decoder_prompt"])
def test_what_is_not_served_is_refused_by_name(tmp_path: Path, content: dict[str, Any], setting: str) -> None:
    def with_setting(own: dict[str, Any]) -> None:
        options = argparse.Namespace(**vars(own["cfg"]["model"]))
        setattr(options, setting, True)
        own["cfg"] = {**own["cfg"], "model": options}

    with pytest.raises(UsageError, match=setting):
        container.read(saved(tmp_path, content, with_setting))


def test_a_folder_in_the_transformers_layout_holds_the_same_weights_under_other_names(
    tmp_path: Path, thin: Mapping[str, torch.Tensor]
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(recipe.port(recipe.MINI)), encoding="utf-8")
    torch.save({recipe.port_name(name): tensor for name, tensor in thin.items()}, tmp_path / "pytorch_model.bin")
    checkpoint = container.read(tmp_path)
    assert checkpoint.layout == "transformers"
    assert checkpoint.weights["model"].keys() == thin.keys()
    weights.check(checkpoint, "model")
    assert weights.digest(checkpoint.weights["model"], checkpoint.architecture) == weights.digest(thin, checkpoint.architecture)


@pytest.mark.parametrize(("size", "millions", "entries"), [("S", 33.49, 543), ("M", 92.89, 849), ("B", 182.24, 967)])
def test_the_released_sizes_have_the_reference_s_parameters_and_entries(size: str, millions: float, entries: int) -> None:
    built = settings.architecture(recipe.settings(getattr(recipe, size)), "recipe.pt")
    assert weights.n_parameters(built) / 1e6 == pytest.approx(millions, abs=0.005)
    learned = dict(recipe._shapes(getattr(recipe, size)))
    shapes = weights.inventory(built)
    assert {name: shapes[name] for name in learned} == learned
    n_counters = sum(name.endswith("running_var") for name in learned)
    assert len(shapes) + n_counters + 7 == entries  # two versions, five tables of integers
