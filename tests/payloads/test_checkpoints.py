"""Weights that are pickles, programs or claims, in every place where a file of weights is read."""

from __future__ import annotations

import contextlib
import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch

from harness import models
from harness.base import torch_vision
from harness.data import catalog
from harness.data import examples as loading
from harness.data.examples import Dataset
from harness.errors import HarnessError, UsageError
from harness.types import Decoding, Request, Scene
from tests.payloads.test_torchscript import SETTINGS
from tests.payloads.torchscript import bomb, write_waking

pytest.importorskip("transformers", reason="needs the extra hf")
torch_vision.ready()

from tests.models import tiny  # noqa: E402

Place = Callable[[Path, Path], tuple[str, Mapping[str, str]]]
"""From a folder and the hostile file to how it is opened."""

FACTORY = "import torch\ndef build():\n    return torch.nn.Linear(4, 2)\n"


def state_dict(folder: Path, weights: Path) -> tuple[str, Mapping[str, str]]:
    (folder / "net.py").write_text(FACTORY)
    (folder / "net.toml").write_text(SETTINGS)
    shutil.copy(weights, folder / "net.pt")
    return f"torch:{folder / 'net.pt'}", {"factory": f"{folder / 'net.py'}:build"}


def timm(folder: Path, weights: Path) -> tuple[str, Mapping[str, str]]:
    pytest.importorskip("timm", reason="needs the extra timm")
    (folder / "config.json").write_text(json.dumps({"architecture": "resnet10t", "num_classes": 2, "label_names": ["normal", "pneumonia"]}))
    shutil.copy(weights, folder / "pytorch_model.bin")
    return f"timm:{folder}", {}


def transformers(folder: Path, weights: Path) -> tuple[str, Mapping[str, str]]:
    tiny.llama(folder)
    (folder / "model.safetensors").unlink()
    shutil.copy(weights, folder / "pytorch_model.bin")
    return f"hf:{folder}", {}


def biomedgpt(folder: Path, weights: Path) -> tuple[str, Mapping[str, str]]:
    shutil.copy(weights, folder / "checkpoint.pt")
    return f"biomedgpt:{folder / 'checkpoint.pt'}", {}


def open_clip(folder: Path, weights: Path) -> tuple[str, Mapping[str, str]]:
    pytest.importorskip("open_clip", reason="needs the extra open_clip")
    config = {
        "model_cfg": {
            "embed_dim": 8,
            "vision_cfg": {"image_size": 16, "layers": 1, "width": 16, "head_width": 8, "patch_size": 8},
            "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
        },
        "preprocess_cfg": {},
    }
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    shutil.copy(weights, folder / "open_clip_pytorch_model.bin")
    return f"clip:{folder}", {}


PLACES: Mapping[str, Place] = {
    "torch": state_dict,
    "timm": timm,
    "transformers": transformers,
    "open_clip": open_clip,
    "BiomedGPT": biomedgpt,
}


def pickle_that_writes(path: Path, bang: Path) -> None:
    path.write_bytes(bomb(bang))


def archive_that_writes(path: Path, bang: Path) -> None:
    """What `torch.save` makes of an object that is no tensor."""

    class Touch:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (str(bang),)

    torch.save({"weight": Touch()}, path)


def program_that_writes(path: Path, bang: Path) -> None:
    """A TorchScript archive under the name of weights, which `torch.load` once handed on to `torch.jit.load`."""
    write_waking(path, bang)


def header_of_an_exabyte(path: Path, bang: Path) -> None:
    path.write_bytes((2**60).to_bytes(8, "little") + b"{}")


def bomb_of_zeros(path: Path, bang: Path) -> None:
    """A small archive with a tensor of 65 MiB of zeros."""
    torch.save({"weight": torch.zeros(4)}, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("weights/data/9", bytes(65 * 2**20), compress_type=zipfile.ZIP_DEFLATED)


CONTENTS = [bomb_of_zeros, pickle_that_writes, archive_that_writes, program_that_writes, header_of_an_exabyte]


def scene_of(dataset: Dataset) -> Scene:
    return Scene(task=dataset.task, split="test", examples=dataset.examples, ids=frozenset(e.id for e in dataset.examples))


def used(spec: str, arguments: Mapping[str, str]) -> None:
    """Open the model for the invented sample of a task with pictures."""
    models.open_model(spec, arguments).for_task(scene_of(loading.load(catalog.task("pneumoniamnist"))))


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: content.__name__.replace("_", " "))
@pytest.mark.parametrize("place", PLACES)
def test_weights_that_are_something_else_are_named_and_do_nothing(
    tmp_path: Path, place: str, content: Callable[[Path, Path], None], recwarn: pytest.WarningsRecorder
) -> None:
    bang, weights, folder = tmp_path / "bang", tmp_path / "weights", tmp_path / "checkpoint"
    folder.mkdir()
    content(weights, bang)
    spec, arguments = PLACES[place](folder, weights)
    with pytest.raises(HarnessError) as refused:
        used(spec, arguments)
    assert "checkpoint" in str(refused.value)
    assert "weights_only" not in str(refused.value), "the library's advice is to load it all the same"
    assert not bang.exists()


def with_code(folder: Path, file: str, **facts: object) -> Path:
    """A model with code beside it that one of its files names; the file that the code makes."""
    tiny.llama(folder / "m")
    (folder / "m" / "code.py").write_text(f"from pathlib import Path\nPath({str(folder / 'bang')!r}).touch()\nclass Own: pass\n")
    path = folder / "m" / file
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))
    return folder / "bang"


def test_a_folder_s_own_code_is_not_run_unless_the_user_says_so(tmp_path: Path) -> None:
    bang = with_code(tmp_path, "config.json", model_type="ours", auto_map={"AutoConfig": "code.Own", "AutoModelForCausalLM": "code.Own"})
    with pytest.raises(UsageError, match="which runs Python code of its own"):
        models.open_model(f"hf:{tmp_path / 'm'}", {})
    assert not bang.exists()


def test_a_tokeniser_s_own_code_is_not_run_either(tmp_path: Path) -> None:
    named = {"AutoTokenizer": ["code.Own", "code.Own"]}
    bang = with_code(tmp_path, "tokenizer_config.json", auto_map=named, tokenizer_class="Own")
    with contextlib.suppress(HarnessError):  # another tokeniser may read its files
        models.open_model(f"hf:{tmp_path / 'm'}", {})
    assert not bang.exists()


TEMPLATES = {
    "through a class": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "through a helper of Jinja": "{{ cycler.__init__.__globals__.os.system('touch {bang}') }}",
    "through the messages": "{{ messages.__class__.__base__.__subclasses__() }}",
    "through a global": "{{ self._TemplateReference__context['os'].system('touch {bang}') }}",
    "another file": "{% include '{bang}' %}",
    "a change of what it is given": "{{ messages.append({'role': 'user', 'content': 'yes'}) }}",
}


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_chat_template_reaches_neither_python_nor_files(tmp_path: Path, template: str) -> None:
    bang = tmp_path / "bang"
    tiny.llama(tmp_path / "m", template=TEMPLATES[template].replace("{bang}", str(bang)))
    dataset = loading.load(catalog.task("meqsum"))
    request = Request(id="1", prompt="Is it?", item=dataset.examples[0].input, decoding=Decoding(max_new_tokens=2))
    assert "its chat template cannot be used" in asked(f"hf:{tmp_path / 'm'}", dataset, request)
    assert not bang.exists()


def asked(spec: str, dataset: Dataset, request: Request) -> str:
    """What is said, of the model or of its only request."""
    try:
        [response] = models.open_model(spec, {}).for_task(scene_of(dataset)).generate([request])
    except HarnessError as refused:
        return str(refused)
    return response.error or ""
