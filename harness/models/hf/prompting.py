"""From requests to what a network reads: the chat template where there is one, pictures, token ids."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import torch

from harness.errors import CorruptData, UsageError
from harness.images.pixels import decode
from harness.models import in_threads
from harness.models.hf import placeholders, processors
from harness.models.hf.arguments import Arguments
from harness.models.hf.checkpoint import Checkpoint
from harness.models.hf.encoded import Encoded
from harness.models.hf.placeholders import Placeholder, attempted
from harness.models.hf.writings import Tokens, writings
from harness.models.tensors import plain
from harness.parsing.thinking import is_begun
from harness.types import Decoding, Input, Request

_WORD = "Xylophone"
"""An answer to find a template's end of turn by; no template says it."""


class Prompter:
    """A checkpoint's tokeniser, picture processor and template."""

    def __init__(self, checkpoint: Checkpoint, arguments: Arguments) -> None:
        """Read them.

        Raises:
            CorruptData: The folder lacks them.
            UsageError: A thinking switch was given and there is no template that could read it, or a bound of a picture's size that
                nothing reads.
        """
        self._pictures = checkpoint.family == "image-text"
        self._written: dict[tuple[str, tuple[str, ...]], tuple[Tokens, ...]] = {}
        self._arguments, self._config = arguments, checkpoint.config
        readers = processors.read(checkpoint, arguments)
        self._processor, self.tokenizer, self.filled, self._bounds = readers.processor, readers.tokenizer, readers.filled, readers.bounds
        self.tokenizer.padding_side = "right" if checkpoint.config.is_encoder_decoder else "left"
        if self.tokenizer.pad_token is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token or self.tokenizer.unk_token
        self.pad = self.tokenizer.pad_token_id or 0
        """What stands under the mask; any token that the network has will do."""
        has_template = bool(getattr(self._processor, "chat_template", None) or getattr(self.tokenizer, "chat_template", None))
        self.templated = has_template and arguments.chat_template
        self.placeholder = self._placeholder()
        self._after = self._added_after() if not checkpoint.config.is_encoder_decoder else 0
        if arguments.thinking != "auto" and not self.templated:
            raise UsageError(f"--model-arg thinking={arguments.thinking}: a switch of chat templates, and no template is used here.")

    def fit(self, name: str, rows: int | None) -> None:
        """Learn how many tokens the network has an embedding for.

        Raises:
            UsageError: Every prompt would have one that is beyond.
        """
        self._rows = sys.maxsize if rows is None else rows
        if not 0 <= self.pad < self._rows:
            spare = (self.tokenizer.eos_token_id, self.tokenizer.unk_token_id)
            self.pad = next((token for token in spare if token is not None and token < self._rows), 0)
        probe = Request(id="", prompt="The answer is yes", item=Input(text=""), decoding=Decoding())
        if why := self._beyond(self._ids(self.render(probe))):
            raise UsageError(f"{name}: {why}. Is its tokenizer another model's? -a tokenizer=FOLDER names one.")

    def unknown(self, encoded: Encoded) -> dict[int, str]:
        """Row to why the network cannot read it; a picture's own token need have no embedding."""
        ids = encoded.inputs["input_ids"]
        if int(ids.max()) < self._rows:
            return {}
        picture = getattr(self._config, "image_token_id", None)
        rows = ([token for token in row if token != picture] for row in encoded.rows)
        return {number: why for number, row in enumerate(rows) if (why := self._beyond(row))}

    def _beyond(self, tokens: Sequence[int]) -> str:
        most = max(tokens, default=0)
        if most < self._rows:
            return ""
        return f"the network has embeddings for {self._rows} tokens, and none for {self.tokenizer.convert_ids_to_tokens(most)} ({most})"

    @property
    def pads(self) -> bool:
        """Whether prompts of several lengths can be read at once: there is a token to pad them with."""
        return self.tokenizer.pad_token is not None

    @property
    def picture_reader(self) -> str:
        """The class that scales pictures, whose arithmetic differs between the library's backends; empty where none are read."""
        return type(self._processor.image_processor).__name__ if self._pictures else ""

    @property
    def ordinary(self) -> list[int]:
        """Tokens of a few common words."""
        return self._ids("The answer is yes")

    def encode(self, requests: Sequence[Request]) -> Encoded:
        """A batch, with or without pictures, but not mixed.

        Raises:
            CorruptData: A picture cannot be decoded.
        """
        texts = [self.render(request) for request in requests]
        # A template that writes the first token itself would have it twice; a tokeniser's templates always do.
        first = self.tokenizer.bos_token
        has = self.templated and (not self._pictures or (first is not None and texts[0].startswith(first)))
        special = not has and processors.adds_special_tokens(self._processor)
        options = {"padding": self.tokenizer.pad_token is not None, "return_tensors": "pt", "add_special_tokens": special}
        if requests[0].item.images:
            inputs = self._processor(images=self._decoded(requests), text=texts, **options, **self._bounds)
        else:
            inputs = self._processor(text=texts, **options)
        kept = {name: tensor for name, tensor in inputs.items() if isinstance(tensor, torch.Tensor)}
        kept["input_ids"] = kept["input_ids"].masked_fill(kept["attention_mask"] == 0, self.pad)
        if special and self._after:  # what goes on after the token that ends a text is another text
            shape = kept["input_ids"].shape
            kept = {name: tensor[:, : -self._after] if tensor.shape[:2] == shape else tensor for name, tensor in kept.items()}
        tags = self._arguments.thinking_tags
        begun = [is_begun(text, tags, turn=self._turn(request, text)) for request, text in zip(requests, texts, strict=True)]
        return Encoded(inputs=kept, thinking=begun)

    def render(self, request: Request) -> str:
        """The prompt as text: the chat template's, or the bare one after its pictures.

        Raises:
            CorruptData: The template, which is a program of the checkpoint's, fails or reaches for what it must not have.
        """
        from jinja2 import TemplateError

        n = len(request.item.images)
        if not self.templated:
            return self._behind_pictures(request.prompt, n)
        try:
            return self._through_template(request)
        except (TemplateError, TypeError, KeyError, ValueError, OverflowError, AttributeError) as error:
            raise CorruptData(
                f"its chat template cannot be used: {plain(error)} ({type(error).__name__}). Ask without it: -a chat_template=no"
            ) from error

    def turn_ends(self) -> tuple[int, ...]:
        """The token that the chat template writes after an answer; none where no template is used, or it writes no such token."""
        if not self.templated:
            return ()
        asked = Request(id="", prompt="?", item=Input(text="?"), decoding=Decoding())
        after = (attempted(self._through_template, asked, answer=_WORD) or "").rpartition(_WORD)[2].strip()
        known = {str(token): int(number) for number, token in self.tokenizer.added_tokens_decoder.items()}
        known |= dict(zip(self.tokenizer.all_special_tokens, self.tokenizer.all_special_ids, strict=True))
        turn_end = max((token for token in known if token and after.startswith(token)), key=len, default=None)
        return () if turn_end is None else (known[turn_end],)

    def _through_template(self, request: Request, *, answer: str = "", begin: bool = True) -> str:
        """What the chat template makes of a request: up to where the model's turn begins, or with an answer to it, or without either."""
        content: Any = request.prompt
        if self._pictures:
            content = self._with_pictures(request.prompt, len(request.item.images))
        turns = [{"role": "user", "content": content}]
        if request.system:
            turns.insert(0, {"role": "system", "content": self._turn_content(request.system)})
        if answer:
            turns.append({"role": "assistant", "content": self._turn_content(answer)})
        return self._apply(turns, begin=begin and not answer)

    def _apply(self, turns: list[dict[str, Any]], *, begin: bool) -> str:
        extra = {} if self._arguments.thinking == "auto" else {"enable_thinking": self._arguments.thinking == "yes"}
        source = self._processor if getattr(self._processor, "chat_template", None) else self.tokenizer
        return str(source.apply_chat_template(turns, tokenize=False, add_generation_prompt=begin, **extra))

    def _placeholder(self) -> Placeholder:
        if not self._pictures:
            return Placeholder()
        render = (lambda content: self._apply([{"role": "user", "content": content}], begin=True)) if self.templated else None
        return placeholders.find(self._processor, self._arguments.image_token, render)

    def _with_pictures(self, text: str, n: int) -> Any:
        """A message's content for the chat template: parts, or one text where the template knows none."""
        if not self.placeholder.token and not self.placeholder.as_text:
            return [*[{"type": "image"}] * n, {"type": "text", "text": text}]
        return self._turn_content(self._behind_pictures(text, n))

    def _behind_pictures(self, text: str, n: int) -> str:
        token = self.placeholder.token
        return f"{token * n}\n{text}" if token and n else text

    def _turn_content(self, text: str) -> Any:
        return [{"type": "text", "text": text}] if self._pictures and not self.placeholder.as_text else text

    def _turn(self, request: Request, rendered: str) -> str:
        """What a rendered prompt has the model's own turn begin with; empty where that cannot be told."""
        before = attempted(self._through_template, request, begin=False) if self.templated else None
        return rendered.removeprefix(before) if before is not None and rendered.startswith(before) else ""

    def _added_after(self) -> int:
        """How many tokens the tokeniser puts after a text of its own accord."""
        bare, whole = self._ids("a"), list(self.tokenizer("a")["input_ids"])
        places = [place for place in range(len(whole)) if bare and whole[place : place + len(bare)] == bare]
        after = whole[places[-1] + len(bare) :] if places else []
        # A text encoder beside a picture may want its own last token; only one that ends a text has no place before an answer.
        return len(after) if not self._pictures or set(after) <= {self.tokenizer.eos_token_id} else 0

    def written(self, choice: str, choices: tuple[str, ...]) -> tuple[Tokens, ...]:
        """The ways in which a model writes a choice, as `writings` says."""
        key = (choice, choices)
        if key not in self._written:
            self._written[key] = writings(self.tokenizer, choice, choices)
        return self._written[key]

    def check_system(self, name: str, text: str) -> None:
        """Refuse a system prompt that the model would not see.

        Raises:
            UsageError: No template is used, or the checkpoint's has no place for one.
        """
        if not self.templated:
            raise UsageError(f"{name}: --system-prompt needs a chat template, and none is used here.")
        probe = Request(id="", prompt="?", item=Input(text="?"), decoding=Decoding(), system=text)
        shown = attempted(self._through_template, probe)
        if shown is None or text.strip() not in shown:
            raise UsageError(f"{name}: its chat template has no place for --system-prompt; put the words into --prompt-file.")

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _decoded(self, requests: Sequence[Request]) -> list[list[Any]]:
        images = [image for request in requests for image in request.item.images]
        pictures = iter(in_threads.mapped(lambda image: decode(image, "RGB"), images))
        return [[next(pictures) for _ in request.item.images] for request in requests]
