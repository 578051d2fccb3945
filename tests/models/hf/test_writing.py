"""What a network writes, where it stops and where its choices are scored, on networks whose every next token is known.

Such a network is a Llama whose layer adds nothing: the token alone decides what follows it, with the tokens that a test names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from tests.models.checkpoints import Ask, edited  # noqa: E402  where the library is

CHOICES = ("entailment", "neutral", "contradiction")
SPECIAL = ("<unk>", "<s>", "</s>", "<pad>", "<think>", "</think>", "[THINK]", "[/THINK]", "<|im_end|>")
PIECES = (*(f"{blank}{word}" for word in ("entailment", "neutral", "contradiction", "Contradiction", "hm") for blank in ("▁", "")), "▁")
LETTERS = "\n:?.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
VOCABULARY = (*SPECIAL, *PIECES, *LETTERS)
_SIZE = 128
TEMPLATE = (
    "{% for m in messages %}{{ m.role.upper() }}: {{ m.content }}TURN{% endfor %}{% if add_generation_prompt %}ASSISTANT:END{% endif %}"
)

Follows = Mapping[str, Sequence[str]]


def tokenizer(folder: Path, *, template: str, end: str, flagged: Sequence[str], appended: bool) -> None:
    """A tokeniser as SentencePiece makes them: a word with the blank before it is one token, and without it another."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    scores = {word: -1.0 if len(word) > 1 else -9.0 for word in VOCABULARY}
    made = Tokenizer(models.Unigram(list(scores.items()), unk_id=0))
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    made.decoder = decoders.Metaspace(prepend_scheme="first", split=False)
    made.add_tokens([AddedToken(token, special=token in flagged, normalized=False) for token in SPECIAL])
    if appended:
        made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
    names = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": end, "unk_token": "<unk>"}
    fast = PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=100_000, **names)
    fast.chat_template = template or None
    fast.save_pretrained(folder)


@pytest.fixture
def scripted(tmp_path: Path) -> Callable[..., Path]:
    """A checkpoint in which each token is followed by the tokens that are named for it, the likeliest first; by others never."""
    from harness.base import torch_vision

    torch_vision.ready()

    def make(
        follows: Follows, *, template: str = "", end: str = "</s>", flagged: Sequence[str] = SPECIAL[:4], appended: bool = False
    ) -> Path:
        from transformers import LlamaConfig, LlamaForCausalLM

        tokenizer(tmp_path, template=template, end=end, flagged=flagged, appended=appended)
        config = LlamaConfig(
            vocab_size=_SIZE, hidden_size=_SIZE, intermediate_size=8, num_hidden_layers=1, num_attention_heads=4, bos_token_id=1,
            eos_token_id=2, pad_token_id=3, tie_word_embeddings=False,
        )  # fmt: skip
        model = LlamaForCausalLM(config)
        number = {token: place for place, token in enumerate(VOCABULARY)}
        with torch.no_grad():
            model.model.embed_tokens.weight.copy_(torch.eye(_SIZE))
            for weight in (model.model.layers[0].self_attn.o_proj.weight, model.model.layers[0].mlp.down_proj.weight, model.lm_head.weight):
                weight.zero_()
            for token, after in follows.items():
                for rank, following in enumerate(after):
                    model.lm_head.weight[number[following], number[token]] = 2.0 - 0.5 * rank
        model.save_pretrained(tmp_path)
        return tmp_path

    return make


def answered(ask: Ask, folder: Path, prompt: str = "Fever?", **arguments: str) -> Any:
    """The reply to one question of three choices."""
    model, [request] = ask(folder, "mednli", 1, decoding={"max_new_tokens": 12, "score_choices": True}, **arguments)
    return model.generate([replace(request, prompt=prompt, item=replace(request.item, choices=CHOICES))])[0]


def likeliest(response: Any) -> str:
    return max(zip(response.choice_log_probs, CHOICES, strict=True))[1]


@pytest.mark.parametrize(
    ("ending", "follows"),
    [
        ("", {":": ["▁contradiction"]}),
        ("", {":": ["contradiction"]}),
        (" ", {"▁": ["contradiction"]}),
        (" ", {"▁": ["▁contradiction"]}),
        ("\n", {"\n": ["contradiction"]}),
        ("\n", {"\n": ["▁contradiction"]}),
        ("", {":": ["\n"], "\n": ["contradiction"]}),
        ("", {":": ["▁Contradiction"]}),
    ],
    ids=["blank", "none", "after a blank", "a second blank", "after a line", "a blank after a line", "on a line of its own", "a capital"],
)
@pytest.mark.parametrize("templated", [True, False])
def test_a_choice_is_scored_as_the_model_writes_it(
    scripted: Callable[..., Path], ask: Ask, ending: str, follows: Follows, templated: bool
) -> None:
    """What is written has a probability of nearly 1, whatever the prompt ends with and whichever token stands for the word there."""
    stops = {token: ["</s>"] for token in ("▁contradiction", "contradiction", "▁Contradiction")}
    template = TEMPLATE.replace("TURN", "\n").replace("END", ending) if templated else ""
    folder = scripted({**follows, **stops}, template=template)
    response = answered(ask, folder, "Fever?" if templated else f"Fever? ASSISTANT:{ending}")
    assert response.text.casefold() == likeliest(response) == "contradiction"
    assert response.choice_log_probs[2] == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize(
    ("ending", "first"),
    [("<think>", {"<think>": ["▁hm", "▁entailment"]}), ("", {":": ["<think>", "▁entailment"], "<think>": ["▁hm", "▁neutral"]})],
    ids=["opened by the template", "opened by the model"],
)
def test_scores_are_taken_after_the_thought(scripted: Callable[..., Path], ask: Ask, ending: str, first: Follows) -> None:
    follows = {**first, "▁hm": ["</think>"], "</think>": ["▁contradiction", "▁neutral"], "▁contradiction": ["</s>"]}
    response = answered(ask, scripted(follows, template=TEMPLATE.replace("TURN", "\n").replace("END", ending)))
    assert (response.thinking, response.text, likeliest(response)) == ("hm", "contradiction", "contradiction")
    # 0.5 of weight is 5.66 nepers here: the hidden state is a one-hot vector of 128, scaled to a mean square of 1.
    assert response.choice_log_probs[1] - response.choice_log_probs[2] == pytest.approx(-0.5 * 128**0.5, abs=1e-3)


def test_a_thought_that_is_never_closed_leaves_no_scores(scripted: Callable[..., Path], ask: Ask) -> None:
    folder = scripted({":": ["<think>", "▁entailment"], "<think>": ["▁hm"], "▁hm": ["▁hm"]}, template=TEMPLATE.replace("END", ""))
    response = answered(ask, folder)
    assert (response.text, response.finish, response.choice_log_probs) == ("", "length", None)


def test_beside_a_thought_a_reply_without_one_keeps_its_scores(scripted: Callable[..., Path], ask: Ask) -> None:
    follows = {
        "?": ["<think>"], "<think>": ["▁hm"], "▁hm": ["▁hm", "</think>"], ".": ["▁contradiction", "▁neutral"], "▁contradiction": ["</s>"],
        ":": ["[THINK]"], "[THINK]": ["hm"], "hm": ["[/THINK]"], "[/THINK]": ["▁neutral"], "▁neutral": ["</s>"],
    }  # fmt: skip
    model, [request] = ask(scripted(follows), "mednli", 1, decoding={"max_new_tokens": 12})
    item = replace(request.item, choices=CHOICES)
    together = [replace(request, prompt=prompt, item=item) for prompt in ("Fever?", "No fever at all.", "Is it a fever:")]
    opened, plain, closed = model.generate(together)
    assert opened.choice_log_probs is None
    assert (plain.text, likeliest(plain)) == ("contradiction", "contradiction")
    assert (closed.thinking, closed.text, likeliest(closed)) == ("hm", "neutral", "neutral")
    for response, request in zip((plain, closed), together[1:], strict=True):
        assert model.generate([request])[0].choice_log_probs == pytest.approx(response.choice_log_probs, abs=1e-4)


def test_a_stop_text_in_a_thought_does_not_end_it(scripted: Callable[..., Path], ask: Ask) -> None:
    follows = {":": ["<think>"], "<think>": ["▁hm"], "▁hm": ["\n"], "\n": ["</think>"], "</think>": ["▁contradiction"]}
    folder = scripted({**follows, "▁contradiction": ["."], ".": ["?"], "?": ["?"]}, template=TEMPLATE.replace("END", ""))
    model, [request] = ask(folder, "mednli", 1, decoding={"max_new_tokens": 12, "stop": ("\n", "?")})
    response = model.generate([replace(request, prompt="Fever.")])[0]
    assert (response.thinking, response.text, response.finish) == ("hm", "contradiction.", "stop")
    assert response.usage["completion"] == 7


@pytest.mark.parametrize("flagged", [SPECIAL, SPECIAL[:4]], ids=["special", "ordinary"])
@pytest.mark.parametrize("tags", [("<think>", "</think>"), ("[THINK]", "[/THINK]")], ids=lambda pair: pair[0])
def test_tags_are_known_whether_or_not_the_tokeniser_flags_them(
    scripted: Callable[..., Path], ask: Ask, tags: tuple[str, str], flagged: Sequence[str]
) -> None:
    opening, closing = tags
    follows = {":": [opening], opening: ["▁hm"], "▁hm": [closing], closing: ["▁contradiction"], "▁contradiction": ["<|im_end|>"]}
    folder = scripted(follows, template=TEMPLATE.replace("END", ""), end="<|im_end|>", flagged=flagged)
    response = answered(ask, folder)
    assert (response.thinking, response.text) == ("hm", "contradiction")


@pytest.mark.parametrize(
    ("end", "turn"), [("<|im_end|>", ""), ("</s>", "<|im_end|>\n")], ids=["the tokeniser's", "what the template writes after a turn"]
)
def test_an_answer_ends_at_every_token_that_ends_one(scripted: Callable[..., Path], ask: Ask, end: str, turn: str) -> None:
    """The model's own settings know `</s>` alone."""
    follows = {":": ["▁contradiction"], "▁contradiction": ["<|im_end|>"], "<|im_end|>": ["▁neutral"], "▁neutral": ["▁neutral"]}
    folder = scripted(follows, template=TEMPLATE.replace("TURN", turn).replace("END", ""), end=end)
    response = answered(ask, folder)
    assert (response.text, response.finish, response.usage["completion"]) == ("contradiction", "stop", 2)


def test_a_default_that_is_a_word_of_this_vocabulary_ends_nothing(scripted: Callable[..., Path], ask: Ask) -> None:
    """Settings without `eos_token_id` are given the library's 2, whatever token that is here."""
    folder = scripted({":": ["▁hm"], "▁hm": ["▁contradiction"], "▁contradiction": ["</s>"]}, template=TEMPLATE.replace("END", ""))
    edited(folder / "config.json", eos_token_id=VOCABULARY.index("▁hm"))
    (folder / "generation_config.json").unlink(missing_ok=True)
    assert answered(ask, folder).text == "hm contradiction"


def test_an_end_that_the_tokeniser_appends_is_no_part_of_the_prompt(scripted: Callable[..., Path], ask: Ask) -> None:
    folder = scripted({":": ["▁contradiction"], "▁contradiction": ["</s>"], "</s>": ["</s>"]}, appended=True)
    response = answered(ask, folder, "Fever:")
    assert (response.text, likeliest(response)) == ("contradiction", "contradiction")
    assert response.choice_log_probs[2] == pytest.approx(0.0, abs=1e-3)
