"""Which folders a checkpoint is made of: the weights, an adapter over them, and whose tokeniser and chat template are used."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import CorruptData, MissingData, UsageError
from harness.models.folders import Folder, find
from harness.models.hf.arguments import Arguments

_SETTINGS, _ADAPTER = "config.json", "adapter_config.json"
TOKENIZER = (
    "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "vocab.json", "vocab.txt",
)  # fmt: skip
"""Files of which a tokeniser's folder holds at least one."""
_WEIGHTS = ("*.safetensors", "*.bin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Folders, which may be the same."""

    folder: Folder
    """Of the weights and their settings."""
    adapter: Folder | None
    words: Folder
    """Of the tokeniser."""
    told: bool = False
    """Whether the user said whose tokeniser it is."""
    kind: str = ""
    """The adapter's ``peft_type``."""

    @property
    def whose_words(self) -> str:
        """Whose tokeniser it is, for the record; empty where it is the weights' own."""
        if self.told:
            return self.words.name
        return "" if self.words == self.folder else "the adapter's"

    def digest(self) -> str:
        """SHA-256 over all that can change an answer."""
        own = self.folder.digest()
        whole = f"{own[:32]}{self.adapter.digest()[:32]}" if self.adapter else own
        return f"{whole[:40]}{self.words.digest(weights=False)[:24]}" if self.told else whole


def parts_of(location: str, arguments: Arguments) -> Parts:
    """The folders behind a folder or Hub name; behind that of an adapter, the model that it was trained on too.

    A folder may hold both a model's weights and an adapter. The library then puts one over the other, and so does this;
    ``adapter=none`` leaves it out. Settings without weights beside an adapter are a trainer's copy of the base's.

    Raises:
        HarnessError: There is no such folder, or it holds something else.
    """
    folder = find(location, revision=arguments.revision, needs=(_SETTINGS, _ADAPTER))
    given = find(arguments.adapter, needs=(_ADAPTER,)) if arguments.adapter not in ("", "none") else None
    beside = (folder.path / _ADAPTER).is_file()
    if (folder.path / _SETTINGS).is_file() and (_has_weights(folder) or not beside):
        adapter = folder if beside and not arguments.adapter else given
    elif arguments.adapter:
        raise UsageError(f"{location}: an adapter itself; -a adapter=… goes on top of a model.")
    else:
        adapter, folder = folder, _base(location, folder)
    kind = str(adapter.read_json(_ADAPTER).get("peft_type", "")) if adapter else ""
    return Parts(folder=folder, adapter=adapter, words=_words(folder, adapter, arguments), told=bool(arguments.tokenizer), kind=kind)


def _base(location: str, adapter: Folder) -> Folder:
    named = adapter.read_json(_ADAPTER).get("base_model_name_or_path")
    if not isinstance(named, str) or not named:
        raise CorruptData(f"{adapter.path / _ADAPTER}: names no base_model_name_or_path. Run the base: hf:BASE -a adapter={location}")
    try:
        return find(named)
    except MissingData as error:
        raise MissingData(
            f"{location}: an adapter of {named}, which is not here ({error}) Run it as: hf:BASE -a adapter={location}"
        ) from error


def _words(folder: Folder, adapter: Folder | None, arguments: Arguments) -> Folder:
    if arguments.tokenizer:
        return find(arguments.tokenizer, needs=TOKENIZER)
    own = adapter is not None and any((adapter.path / name).is_file() for name in TOKENIZER)
    return adapter if adapter is not None and own else folder


def _has_weights(folder: Folder) -> bool:
    """Whether it holds weights other than an adapter's or a trainer's."""
    file_names = [path.name for pattern in _WEIGHTS for path in folder.path.glob(pattern)]
    return any(name.startswith(("model", "pytorch_model")) for name in file_names)
