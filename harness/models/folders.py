"""Where the files of a checkpoint lie: a folder here, or a name on the Hugging Face Hub; and what they are, as one digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.base import extras
from harness.errors import CorruptData, GatedData, MissingData, UsageError
from harness.files import checksum, content, pointers
from harness.models.classifiers.parts import check_sizes

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.\-]*(/[A-Za-z0-9][\w.\-]*)?")
_TEXTS = (".json", ".jinja", ".txt", ".model", ".py", ".tiktoken", ".bpe", ".codes", ".spm", ".vocab", ".yaml")
"""Settings, templates, code, and every form in which a tokenizer keeps its vocabulary."""
_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth")
_TRAINERS = ("optimizer", "scheduler", "rng_state", "scaler", "training_args", "trainer_state")
_TEMPLATES = "additional_chat_templates"
"""The one subfolder that is read with a checkpoint."""
_BLOB = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A checkpoint's files on this machine."""

    path: Path
    name: str
    """What a scoreboard calls it: the Hub's name, or the folder's."""
    revision: str = ""
    """The Hub's commit."""

    def read_json(self, name: str) -> dict[str, Any]:
        """As `json_object`, of a file of the folder."""
        return json_object(self.path / name)

    def digest(self, *, weights: bool = True) -> str:
        """SHA-256 over the names and contents of weights, settings, vocabulary and code; ``weights=False`` leaves the first of them out.

        A trainer's own state and subfolders are left out, but for the templates and the code that lie in them.
        """
        kinds = (*_TEXTS, *_WEIGHTS) if weights else _TEXTS
        files = [path for path in self.path.iterdir() if path.suffix in kinds and path.is_file()]
        kept = [path for path in files if path.suffix == ".py" or not path.name.startswith(_TRAINERS)]
        within = [*self.path.glob(f"{_TEMPLATES}/*.jinja"), *self.path.glob("*/**/*.py")]
        named_paths = sorted((path.relative_to(self.path).as_posix(), path) for path in [*kept, *within])
        lines = [f"{name} {sha256(path)}" for name, path in named_paths]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def json_object(path: Path) -> dict[str, Any]:
    """The object in a JSON file of a checkpoint; empty where there is no such file.

    A key that stands twice counts as the libraries that will read the file take it: the last one.

    Raises:
        CorruptData: It is not JSON, or no object.
    """
    if not path.is_file():
        return {}
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise CorruptData(f"{path}: not a JSON file ({error}). Copy or download the checkpoint again.") from error
    if not isinstance(held, dict):
        raise CorruptData(f"{path}: holds no JSON object. Copy or download the checkpoint again.")
    return held


def find(location: str, *, revision: str = "", needs: Sequence[str] = ("config.json",)) -> Folder:
    """The folder that a user names; one on the Hub is downloaded, or found in the cache where the Hub is switched off.

    Args:
        location: A folder's path, or ``organisation/name``.
        revision: A branch, tag or commit of the Hub; empty for its default branch.
        needs: Files of which the folder must hold at least one.

    Raises:
        MissingData: There is no such folder, nor such a name on the Hub or in its cache.
        GatedData: The Hub gives it only to those who have signed.
        UsageError: The folder holds none of ``needs``, or a revision was named for a folder.
        CorruptData: A file of weights is none, or would fill the memory.
    """
    path = Path(location)
    if path.is_dir():
        if revision:
            raise UsageError(f"--model-arg revision={revision}: {path} is a folder here; revisions are the Hub's.")
        folder = Folder(path=path, name=path.resolve().name)
    elif path.exists():
        raise UsageError(f"{path}: a file; name the folder that holds {' or '.join(needs)}.")
    elif location.startswith((".", "/", "~")) or not _HUB_NAME.fullmatch(location):
        raise MissingData(f"{location}: no such folder.")
    else:
        folder = _from_hub(location, revision)
    for file in sorted(folder.path.iterdir()):
        if file.suffix in _WEIGHTS and file.is_file():
            content.refuse_no_weights(file)
            check_sizes(file)  # here, for every library that will open it
        else:
            pointers.refuse(file)
    if not any((folder.path / name).is_file() for name in needs):
        raise UsageError(f"{location}: holds no {' and no '.join(needs)}; it is no checkpoint of this kind.")
    return folder


def _from_hub(name: str, revision: str) -> Folder:
    extras.required(name, "huggingface_hub")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

    patterns = [*(f"*{suffix}" for suffix in _TEXTS), "*.safetensors"]
    try:
        path = Path(snapshot_download(name, revision=revision or None, allow_patterns=patterns))
        if not any(path.rglob("*.safetensors")):
            path = Path(snapshot_download(name, revision=path.name, allow_patterns=[*patterns, "*.bin"]))
    except GatedRepoError as error:
        raise GatedData(f"{name}: gated on the Hugging Face Hub. Accept its terms there, then log in: hf auth login") from error
    except RepositoryNotFoundError as error:
        raise MissingData(
            f"{name}: no such folder, and no such name on the Hugging Face Hub (a private one needs: hf auth login)."
        ) from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise MissingData(
            f"{name}: no such folder, and the Hugging Face Hub cannot be asked ({type(error).__name__}). Give a folder, or download it"
            f" where there is a network: hf download {name}"
        ) from error
    return Folder(path=path, name=name, revision=path.name)


def sha256(path: Path) -> str:
    """The digest of a file; the Hub's cache names large files by theirs."""
    target = path.resolve()
    if target.parent.name == "blobs" and _BLOB.fullmatch(target.name):
        return target.name
    return checksum.of_file(target)
