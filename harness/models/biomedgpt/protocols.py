"""Which official evaluation serves a task, and its settings: the file's own where it has them, the user's on top.

Tasks for which the official repository has no code take the settings of the nearest one that it has, and say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar, get_args

from harness.cards import Card
from harness.errors import CorruptData, UsageError
from harness.models.biomedgpt.arguments import Arguments
from harness.models.biomedgpt.container import Checkpoint
from harness.models.biomedgpt.search import Search
from harness.models.biomedgpt.vocabulary import MARKS
from harness.types import Decoding

T = TypeVar("T")

Answering = Literal["search", "candidates", "words"]
"""Written freely or along a tree; the most probable of all candidates; the most probable of single words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One way to ask and to read the answer."""

    kind: str
    """The official task: ``vqa_gen``, ``caption``, ``image_classify``, ``mnli``, ``gigaword``."""
    answering: Answering
    weights: str
    """What the official script uses: ``ema`` or ``model``."""
    search: Search
    pictures: bool = True
    image_size: int = 384
    imagenet: bool = False
    prompt_type: str = "none"
    """What the decoder begins with: nothing, the whole source, or the source without its end."""
    add_object: bool = False
    zero_shot: bool = False
    max_words: int = 512
    max_objects: int = 30
    recompress_jpeg: bool = True
    nearest: bool = False
    """Whether the official repository has no code for the task and this is the nearest that it has."""

    def facts(self) -> dict[str, str]:
        """The settings for the record."""
        facts = {"protocol": f"{self.kind} (nearest: no official code for this task)" if self.nearest else self.kind}
        if self.pictures:
            facts["image"] = f"{self.image_size}x{self.image_size}, {'ImageNet' if self.imagenet else '0.5'} mean and std"
            facts["recompress_jpeg"] = _yes(self.recompress_jpeg)
        if self.kind == "vqa_gen":
            facts |= {"add_object": _yes(self.add_object), "zero_shot": _yes(self.zero_shot)}
        if self.kind in _PROMPTED or self.prompt_type != "none":
            facts["prompt_type"] = self.prompt_type
        if self.kind in ("vqa_gen", "mnli", "gigaword"):
            facts["max_words"] = str(self.max_words)
        if self.answering == "search":
            search = self.search
            facts["search"] = f"beam {search.beams}, max_len {search.longest}"
            facts["search"] += f", at most {search.longest_answer} new" if search.longest_answer is not None else ""
            facts["search"] += f", lenpen {search.length_penalty:g}" if search.normalised else ", unnormalised"
            facts["search"] += f", no repeated {search.no_repeat_ngram}-gram" if search.no_repeat_ngram else ""
            facts["search"] += f", tokens below {search.below}" if search.below is not None else ""
        return facts

    def limit(self) -> str:
        """What an answer that is written may run into, and how that is raised; empty where none is written."""
        if self.answering != "search":
            return ""
        search = self.search
        if search.longest_answer is not None:
            return (
                f"{search.longest_answer} tokens, and {search.longest} with its beginning; --max-new-tokens and -a max_len=N give them more"
            )
        prompted = " with the question that they begin with" if self.prompt_type != "none" else ""
        return f"{search.longest} tokens{prompted}; -a max_len=N gives them more"


PromptType = Literal["none", "src", "prev_output"]
_PROMPTED = ("vqa_gen", "mnli")
"""The official tasks that let an answer begin with its source; the others never do, whatever a file says."""

_OFFICIAL: Mapping[str, Protocol] = {
    "vqa": Protocol(
        kind="vqa_gen",
        answering="search",
        weights="ema",
        search=Search(beams=1, longest=200, normalised=False),
        prompt_type="prev_output",
        max_words=80,
    ),
    "captioning": Protocol(
        kind="caption", answering="search", weights="model", search=Search(beams=10, longest=32, no_repeat_ngram=3), image_size=480
    ),
    "classification": Protocol(
        kind="image_classify", answering="candidates", weights="model", search=Search(beams=1, longest=200), imagenet=True
    ),
    "understanding": Protocol(
        kind="mnli",
        answering="candidates",
        weights="model",
        search=Search(beams=1, longest=200),
        pictures=False,
        prompt_type="src",
    ),
    "summarization": Protocol(
        kind="gigaword",
        answering="search",
        weights="model",
        search=Search(beams=5, longest=128, length_penalty=0.7, no_repeat_ngram=3),
        pictures=False,
    ),
}
"""The official scripts' settings, one per family of tasks."""

_WITH_CODE = ("vqa_rad", "slake_en", "path_vqa", "iu_xray", "peir_gross", "mednli", "meqsum", "healthcaremagic", "icliniq")
"""Tasks that the official repository trains, evaluates or at least prepares; and all of MedMNIST."""
_PRETRAINING = "unify_task"


def protocol(card: Card, checkpoint: Checkpoint, arguments: Arguments, decoding: Decoding, own: Decoding) -> Protocol:
    """How a checkpoint is asked about a task.

    Args:
        card: The task.
        checkpoint: Its training settings stand above the official script's.
        arguments: The user's, above both.
        decoding: The run's; where it differs from the task's own, the user changed it.
        own: The task's own.

    Raises:
        UsageError: The run asks for sampling, which no official evaluation does; or an argument is for another kind of task.
        CorruptData: A setting of the file is none that its trainer knows.
    """
    if decoding.temperature or decoding.top_p != 1:
        raise UsageError("BiomedGPT is evaluated by beam search; --temperature and --top-p do not apply. Change the beam: -a beams=5")
    if decoding.stop != own.stop:
        raise UsageError("BiomedGPT ends its answers itself; stop texts do not apply.")
    base, trained = _OFFICIAL[card.family], checkpoint.training
    if card.name == "mednli":
        base = replace(base, answering="words")
    file_size = trained.image_size or (base.image_size if base.kind == "caption" else 384 if checkpoint.architecture.width >= 768 else 256)
    zero_shot = base.kind == "vqa_gen" and _first(arguments.zero_shot, trained.task in ("", _PRETRAINING))
    if arguments.inference is not None and base.kind != "vqa_gen":
        raise UsageError(f"-a inference={arguments.inference}: is for questions about pictures; {card.full_name} is asked as {base.kind}.")
    answering: Answering = "candidates" if arguments.inference == "candidates" else base.answering
    search = _search(base.search, arguments, decoding, own)
    return replace(
        base,
        search=_within(search, checkpoint, zero_shot=zero_shot) if answering == "search" else search,
        answering=answering,
        image_size=_first(arguments.image_size, file_size),
        imagenet=_first(arguments.imagenet, trained.imagenet_normalisation, base.imagenet),
        prompt_type="none" if zero_shot else arguments.prompt_type or _file_prompt_type(base, checkpoint) or base.prompt_type,
        add_object=_first(arguments.add_object, trained.add_object, base.add_object),
        zero_shot=zero_shot,
        max_words=_first(arguments.max_words, trained.max_source_words if trained.task == base.kind else None, base.max_words),
        max_objects=_first(trained.max_objects, base.max_objects),
        recompress_jpeg=arguments.recompress_jpeg,
        nearest=card.name not in _WITH_CODE and card.folder != "medmnist",
    )


def _file_prompt_type(base: Protocol, checkpoint: Checkpoint) -> PromptType | None:
    """What an answer begins with by the file's settings; None where they do not say it or the official task does not look."""
    given = checkpoint.training.prompt_type
    if base.kind not in _PROMPTED or given is None:
        return None
    for known in get_args(PromptType):
        if given == known:
            return known  # type: ignore[no-any-return]
    raise CorruptData(
        f"{checkpoint.path}: its settings give prompt_type as '{given}', which the trainer does not know; it must be"
        f" {', '.join(get_args(PromptType))}. Say which it was trained with: -a prompt_type=…"
    )


def _within(search: Search, checkpoint: Checkpoint, *, zero_shot: bool) -> Search:
    """The search with the tokens that the file's settings allow; those of words must be among them."""
    given, config = checkpoint.training.constraint_range, checkpoint.architecture
    if given is None:
        return search
    first, comma, end = (part.strip() for part in given.partition(","))
    if not (comma and first.isdecimal() and end.isdecimal()):
        raise CorruptData(f"{checkpoint.path}: its settings give constraint_range as '{given}'; it must be two numbers, as 4,50265.")
    n_words = config.vocabulary - config.codes - config.bins
    if int(first) > len(MARKS) or int(end) < n_words - 1:  # the last of them is <mask>, which no answer holds
        raise UsageError(
            f"{checkpoint.path}: its settings give constraint_range as {given}: it writes those tokens alone, which leaves out words"
            f" (tokens {len(MARKS)} to {n_words - 1}). It was trained to write picture codes or boxes, and no task here asks for these."
        )
    return replace(search, below=int(end) if int(end) < config.vocabulary else None, shares_out=not zero_shot)


def _search(search: Search, arguments: Arguments, decoding: Decoding, own: Decoding) -> Search:
    changed = {name: getattr(decoding, name) for name in ("beams", "length_penalty", "no_repeat_ngram")}
    changed = {name: value for name, value in changed.items() if value != getattr(own, name)}
    if decoding.max_new_tokens != own.max_new_tokens:
        changed["longest_answer"] = decoding.max_new_tokens
    given = {"beams": arguments.beams, "length_penalty": arguments.length_penalty, "no_repeat_ngram": arguments.no_repeat_ngram}
    changed |= {name: value for name, value in given.items() if value is not None}
    if arguments.max_len is not None:
        changed["longest"] = arguments.max_len
    if changed.get("length_penalty") is not None:
        changed["normalised"] = True
    return replace(search, **changed)


def _first(*values: T | None) -> T:
    """The first value that is not None; the last one never is."""
    return next(value for value in values if value is not None)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
