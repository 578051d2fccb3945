"""Image classifiers in PyTorch."""

from __future__ import annotations

import io
import threading
import warnings
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from harness import models
from harness.data import catalog, examples
from harness.errors import CorruptData, MissingTool, UsageError
from harness.models import in_threads
from harness.types import Decoding, Image, Input, Pipelined, Request, Scene
from tests.models import asking
from tests.models.asking import requests

SIDECAR = """
size = 28
channels = 1
mean = [0.5]
std = [0.25]
output = "logits"
labels = ["normal", "pneumonia"]
"""


class Net(nn.Module):
    """Pools to 2x2 and looks at it; small, not trivial."""

    def __init__(self, outputs: int = 2) -> None:
        super().__init__()
        self.last = nn.Linear(4, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(nn.functional.adaptive_avg_pool2d(x, 2).flatten(1))  # type: ignore[no-any-return]


def export(path: Path, net: nn.Module) -> None:
    """As torch.export saves it; its settings beside it, as with the others."""
    path.with_suffix(".toml").write_text(SIDECAR)
    batch = torch.export.Dim("batch", min=1, max=64)
    torch.export.save(torch.export.export(net, (torch.zeros(2, 1, 28, 28),), dynamic_shapes=({0: batch},)), path)


def script(path: Path, net: nn.Module) -> None:
    path.with_suffix(".toml").write_text(SIDECAR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.save(torch.jit.trace(net, torch.zeros(2, 1, 28, 28)), str(path))  # type: ignore[no-untyped-call]


def state(path: Path, net: nn.Module) -> None:
    path.with_suffix(".toml").write_text(SIDECAR)
    torch.save(net.state_dict(), path)
    (path.parent / "net.py").write_text(
        "import torch\nfrom torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.last = nn.Linear(4, 2)\n    def forward(self, x):\n"
        "        return self.last(nn.functional.adaptive_avg_pool2d(x, 2).flatten(1))\ndef build():\n    return Net()\n"
    )


@pytest.fixture
def net() -> Net:
    torch.manual_seed(0)
    return Net().eval()


@pytest.fixture
def scene() -> Scene:
    return asking.scene("pneumoniamnist", 5)


@pytest.fixture
def exported(tmp_path: Path, net: Net) -> str:
    """The network's file, its settings beside it."""
    export(tmp_path / "net.pt2", net)
    return str(tmp_path / "net.pt2")


@pytest.mark.parametrize("save", [export, script, state], ids=["torch.export", "TorchScript", "state dict"])
def test_every_format_gives_the_networks_own_probabilities(
    tmp_path: Path, net: Net, scene: Scene, save: Callable[[Path, nn.Module], None]
) -> None:
    path = tmp_path / "net.pt2"
    save(path, net)
    arguments = {"factory": f"{tmp_path / 'net.py'}:build"} if save is state else {}
    model = models.open_model(str(path), arguments).for_task(scene)
    found = model.generate(requests(scene))
    pixels = np.stack([np.frombuffer(e.input.images[0].read(), dtype=np.uint8).reshape(1, 28, 28) for e in scene.examples[:5]])
    with torch.inference_mode():
        expected = torch.log_softmax(net(torch.from_numpy((pixels.astype(np.float32) / 255 - 0.5) / 0.25)).double(), dim=1)
    assert np.array([response.choice_log_probs for response in found]) == pytest.approx(expected.numpy(), abs=1e-6)
    assert (model.info.parameters, model.info.scores, model.info.images) == (10, "softmax", 1)


def test_labels_in_another_order_are_matched_by_name(exported: str, scene: Scene) -> None:
    plain = models.open_model(exported, {}).for_task(scene).generate(requests(scene))
    turned = models.open_model(exported, {"labels": "pneumonia|normal"}).for_task(scene).generate(requests(scene))
    assert [r.choice_log_probs for r in turned] == [r.choice_log_probs[::-1] for r in plain if r.choice_log_probs]


def test_one_output_is_the_probability_of_the_last_label(tmp_path: Path, scene: Scene) -> None:
    export(tmp_path / "net.pt2", Net(1).eval())
    (tmp_path / "net.toml").write_text(SIDECAR.replace('["normal", "pneumonia"]', '["pneumonia"]'))
    for response in models.open_model(str(tmp_path / "net.pt2"), {}).for_task(scene).generate(requests(scene)):
        assert response.choice_log_probs is not None
        assert sum(np.exp(response.choice_log_probs)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("sidecar", "arguments", "message"),
    [
        ("", {}, r"nothing says its size, channels, mean, std, output, labels\. Put net\.toml beside it"),
        (SIDECAR.replace("channels = 1\n", ""), {}, "nothing says its channels"),
        (SIDECAR.replace("channels = 1", "channels = 2"), {}, "channels: must be one of 1, 3, not 2"),
        (SIDECAR, {"output": "softmax"}, "output: must be one of logits, probabilities, sigmoid, not 'softmax'"),
        (SIDECAR, {"mean": "0.5,0.5"}, "mean and std need 1 numbers each"),
        (SIDECAR, {"sizes": "28"}, r"unknown --model-arg of torch 'sizes'\. Did you mean size"),
        (SIDECAR + "colour = 1\n", {}, r"net\.toml: unknown key 'colour'"),
        (SIDECAR, {"labels": "cat|dog"}, "tells apart cat, dog; pneumoniamnist asks for normal, pneumonia"),
        (SIDECAR, {"device": "sofa"}, "no such device"),
    ],
)
def test_nothing_about_a_checkpoint_is_guessed(
    tmp_path: Path, net: Net, scene: Scene, sidecar: str, arguments: dict[str, str], message: str
) -> None:
    export(tmp_path / "net.pt2", net)
    (tmp_path / "net.toml").write_text(sidecar)
    if not sidecar:
        (tmp_path / "net.toml").unlink()
    with pytest.raises(UsageError, match=message):
        models.open_model(str(tmp_path / "net.pt2"), arguments).for_task(scene)


def test_a_state_dict_without_its_code_says_what_is_missing(tmp_path: Path, net: Net) -> None:
    state(tmp_path / "net.pt", net)
    with pytest.raises(UsageError, match=r"needs the code that it belongs to: -a factory=net\.py:build"):
        models.open_model(str(tmp_path / "net.pt"), {})


def test_a_truncated_checkpoint_is_named(exported: str) -> None:
    content = Path(exported).read_bytes()
    Path(exported).write_bytes(content[: len(content) // 2])
    with pytest.raises(CorruptData, match=r"net\.pt2: not a PyTorch archive, or a truncated one"):
        models.open_model(f"torch:{exported}", {})


def test_a_damaged_archive_is_named(exported: str) -> None:
    """A whole zip file that lost a member inside."""
    out = io.BytesIO()
    with zipfile.ZipFile(exported) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            if not name.endswith("model_weights_config.json"):
                new.writestr(name, old.read(name))
    Path(exported).write_bytes(out.getvalue())
    with pytest.raises(CorruptData, match=r"net\.pt2: cannot be loaded"):
        models.open_model(exported, {})


def test_a_damaged_picture_fails_alone(exported: str, scene: Scene) -> None:
    asked = requests(scene, 3)
    broken = Image(name="scan7.png", read=lambda: b"\x89PNG\r\n\x1a\n cut off")
    asked[1] = Request(id="x", prompt="", item=Input(text="", images=(broken,), choices=("normal", "pneumonia")), decoding=Decoding())
    found = models.open_model(exported, {}).for_task(scene).generate(asked)
    assert [response.error is None for response in found] == [True, False, True]
    assert found[1].error is not None
    assert found[1].error.startswith("scan7.png: not a readable picture")


def test_pictures_of_the_next_batch_are_begun_while_one_of_this_is_still_read(
    exported: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads: one waits for a picture until that of the next batch was read by the other."""
    later = threading.Event()

    def read(picture: Image, before: Callable[[], object]) -> Image:
        return replace(picture, read=lambda: (before(), picture.read())[1], file=None)

    with ThreadPoolExecutor(2) as threads:
        monkeypatch.setattr(in_threads, "_pool", lambda: threads)
        model = models.open_model(exported, {}).for_task(scene)
        assert isinstance(model, Pipelined)
        first, second = requests(scene, 2)
        [one], [other] = first.item.images, second.item.images
        waits = read(one, lambda: later.wait(60))
        prepared = [
            model.prepare([replace(asked, item=replace(asked.item, images=(image,)))])
            for asked, image in ((first, waits), (second, read(other, later.set)))
        ]
        found = [response for batch in prepared for response in model.answer(batch)]
        assert found == [*model.generate([first]), *model.generate([second])]
    assert later.is_set()


def test_an_output_that_is_not_a_number_is_a_failure(tmp_path: Path, net: Net, scene: Scene) -> None:
    with torch.no_grad():
        net.last.bias.fill_(float("nan"))
    export(tmp_path / "net.pt2", net)
    found = models.open_model(str(tmp_path / "net.pt2"), {}).for_task(scene).generate(requests(scene))
    assert {response.error for response in found} == {"the network's output is not a number"}


def test_a_classifier_is_refused_for_a_task_without_labels(exported: str) -> None:
    dataset = examples.load(catalog.task("vqa_rad"))
    with pytest.raises(UsageError, match="is an image classifier; vqa_rad asks for no label"):
        models.open_model(exported, {}).for_task(Scene(task=dataset.task, split="test", examples=dataset.examples))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_said(exported: str) -> None:
    with pytest.raises(MissingTool, match="PyTorch sees no GPU here"):
        models.open_model(exported, {"device": "cuda"})
