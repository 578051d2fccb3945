"""The ways in which an answer is written, as tokens: literal ones of two tokenisers."""

from __future__ import annotations

from typing import Any

import pytest

from harness.models.hf.writings import targets, writings


def fast(made: Any, names: dict[str, str]) -> Any:
    transformers = pytest.importorskip("transformers", reason="needs the extra hf")
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, **names)


def sentencepiece(*, last: bool = False) -> Any:
    """Knows a word with a blank before it and one without; line breaks are unknown to it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

    pieces = ["<unk>", "</s>", "▁", "▁yes", "yes", "▁Yes", "Yes", "▁no", "no", "t", "▁a", "a", ":", "0", ">"]
    made = Tokenizer(models.Unigram([(piece, -1.0 - len(pieces) + len(piece)) for piece in pieces], unk_id=0))
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    made.decoder = decoders.Metaspace(prepend_scheme="first", split=False)
    if last:
        made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return fast(made, {"unk_token": "<unk>", "eos_token": "</s>"})


def byte_level(*, around: bool = False) -> Any:
    """Joins line breaks that stand together, as the tokenisers of large models do."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors

    words = ["<s>", "</s>", *pre_tokenizers.ByteLevel.alphabet(), "ye", "yes", "Ġyes", "ĊĊ"]
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys(words))}
    made = Tokenizer(models.BPE(vocabulary, [("y", "e"), ("ye", "s"), ("Ġ", "yes"), ("Ċ", "Ċ")]))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(r" ?\w+|[^\s\w]+[\r\n]*|\s*[\r\n]+|\s+"), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
    )
    made.decoder = decoders.ByteLevel()
    if around:
        made.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    return fast(made, {"bos_token": "<s>", "eos_token": "</s>"})


def words(tokenizer: Any, found: Any) -> set[tuple[str, ...]]:
    return {tuple(tokenizer.convert_ids_to_tokens(list(tokens))) for tokens in found}


def test_a_word_is_written_with_its_blank_or_without_it() -> None:
    made = sentencepiece()
    assert words(made, writings(made, "yes", ("yes", "no"))) == {("yes",), ("▁yes",), ("Yes",), ("▁Yes",)}


def test_a_capital_that_is_another_choice_is_that_choice() -> None:
    made = sentencepiece()
    assert words(made, writings(made, "yes", ("yes", "Yes"))) == {("yes",), ("▁yes",)}


def test_line_breaks_before_a_word_are_tokens_of_their_own() -> None:
    made = byte_level()
    found = words(made, writings(made, "yes", ("yes", "Yes")))
    assert found == {("yes",), ("Ġyes",), ("Ċ", "yes"), ("ĊĊ", "yes")}


def test_a_decoder_of_its_own_writes_to_its_end() -> None:
    made = sentencepiece(last=True)
    assert words(made, targets(made, "yes", ("yes", "Yes"), forced=None)) >= {("▁yes", "</s>")}
    bare = sentencepiece()
    assert all(tokens[-1] == bare.eos_token_id for tokens in targets(bare, "yes", ("yes", "Yes"), forced=None))


def test_a_decoder_may_begin_with_a_token_that_is_no_word() -> None:
    made = byte_level(around=True)
    found = words(made, targets(made, "yes", ("yes", "Yes"), forced=None))
    assert found == {("<s>", "yes", "</s>"), ("yes", "</s>"), ("<s>", "Ġyes", "</s>"), ("Ġyes", "</s>")}
    forced = words(made, targets(made, "yes", ("yes", "Yes"), forced=0))
    assert forced == {("<s>", "yes", "</s>"), ("<s>", "Ġyes", "</s>")}
