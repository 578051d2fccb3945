"""The same numbers as the official code, from the same weights; see tests/golden/biomedgpt/README.md for where they come from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from harness.models.biomedgpt import wording
from harness.models.biomedgpt.candidates import candidate_scores
from harness.models.biomedgpt.decoder import Network
from harness.models.biomedgpt.encoder import Source
from harness.models.biomedgpt.positions import image_buckets, token_buckets
from harness.models.biomedgpt.search import Hypothesis, Search, beam_search
from harness.models.biomedgpt.trie import Trie

Arrays = Mapping[str, np.ndarray[Any, Any]]
Seen = Callable[..., torch.Tensor]

VQA = Search(beams=5, longest=200, normalised=False)
FREE = Search(beams=5, longest=40, normalised=False)
GREEDY = Search(beams=1, longest=200, normalised=False)
CAPTION = Search(beams=10, longest=32, no_repeat_ngram=3)
SHORT_CAPTION = Search(beams=5, longest=16, no_repeat_ngram=3)
SUMMARY = Search(beams=5, longest=128, length_penalty=0.7, no_repeat_ngram=3)
SEARCHES = {  # case: search, whether answers are listed, whether a picture is seen
    "vqa_trie_beam5": (VQA, True, True),
    "vqa_trie_beam1": (GREEDY, True, True),
    "vqa_free_beam5": (FREE, False, True),
    "vqa_zeroshot_beam5": (FREE, False, True),
    "vqa_noprompt_trie_beam5": (VQA, True, True),
    "caption_beam10": (CAPTION, False, True),
    "caption_beam5": (SHORT_CAPTION, False, True),
    "summ_beam5": (SUMMARY, False, False),
}


@torch.inference_mode()
def read(network: Network, sources: Sequence[Sequence[int]], pictures: torch.Tensor | None) -> Source:
    longest = max(map(len, sources))
    return network.encoder(torch.tensor([[*row, *[1] * (longest - len(row))] for row in sources]), pictures)  # type: ignore[no-any-return]


@torch.inference_mode()
def written(network: Network, case: Mapping[str, Any], pictures: torch.Tensor | None, search: Search, trie: Trie | None) -> list[Any]:
    prefixes = case["prefixes"] or [[] for _ in case["sources"]]
    return beam_search(network.decoder, read(network, case["sources"], pictures), prefixes, search, trie)


def assert_same(found: Sequence[Sequence[Hypothesis]], expected: Sequence[Sequence[Mapping[str, Any]]]) -> None:
    assert [[list(one.tokens) for one in row] for row in found] == [[one["tokens"] for one in row] for row in expected]
    for row, wanted in zip(found, expected, strict=True):
        assert [one.score for one in row] == pytest.approx([one["score"] for one in wanted], rel=1e-3)


@pytest.mark.parametrize("case", ["vqa", "summ"])
def test_encoder_and_logits_are_those_of_the_reference(network: Network, forward: Arrays, seen: Seen, case: str) -> None:
    expected = {name.removeprefix(f"{case}/"): values for name, values in forward.items() if name.startswith(case)}
    pictures = seen() if case == "vqa" else None
    sources, given = (torch.from_numpy(expected[name]) for name in ("src_tokens", "prev_output_tokens"))
    with torch.inference_mode():
        source = network.encoder(sources, pictures)
        logits = network(sources, pictures, given).numpy()
    np.testing.assert_array_equal(source.padding.numpy(), expected["encoder_padding_mask"])
    live = ~expected["encoder_padding_mask"][:, ::8]
    np.testing.assert_allclose(source.hidden.numpy()[:, ::8][live], expected["encoder_out_every8"][live], rtol=0, atol=1e-4)
    real = expected["prev_output_tokens"] != 1
    probed = logits[..., forward["probe_ids"]]
    np.testing.assert_allclose(probed[real], expected["decoder_logits_probe"][real], rtol=0, atol=5e-4)
    sums = torch.from_numpy(logits).double().logsumexp(-1).numpy()
    np.testing.assert_allclose(sums[real], expected["decoder_logsumexp"][real], rtol=0, atol=5e-4)
    np.testing.assert_array_equal(logits.argmax(-1)[real], expected["decoder_argmax"][real])


def test_pixels_sum_to_those_of_the_reference(seen: Seen, forward: Arrays) -> None:
    pictures = seen().double()
    assert float(pictures.sum()) == pytest.approx(float(forward["vqa/pixel_sum"]), abs=0.01)
    assert float(pictures.abs().sum()) == pytest.approx(float(forward["vqa/pixel_abs_sum"]), abs=0.01)


@pytest.mark.parametrize("case", SEARCHES)
def test_beam_search_finds_what_the_reference_finds(network: Network, search: Mapping[str, Any], seen: Seen, case: str) -> None:
    settings, listed, pictured = SEARCHES[case]
    found = written(network, search[case], seen() if pictured else None, settings, Trie(search["answers"]) if listed else None)
    assert_same(found, search[case]["hypotheses"])


@pytest.mark.parametrize("case", ["vqa_trie_beam5", "vqa_free_beam5"])
def test_rows_found_one_by_one_are_those_of_the_batch(network: Network, search: Mapping[str, Any], seen: Seen, case: str) -> None:
    settings, listed, _ = SEARCHES[case]
    for row, picture in enumerate(seen()):
        alone = {name: values[row : row + 1] for name, values in search[case].items()}
        found = written(network, alone, picture[None], settings, Trie(search["answers"]) if listed else None)
        assert_same(found, alone["hypotheses"])


@pytest.mark.parametrize(("case", "listed"), [("vqa_allcand", "answers"), ("classify", "classes")])
@torch.inference_mode()
def test_every_candidate_scores_as_in_the_reference(
    network: Network, search: Mapping[str, Any], seen: Seen, case: str, listed: str
) -> None:
    sources = search[case]["sources"]
    prompts = [row[:-1] for row in sources] if case == "vqa_allcand" else [[0] for _ in sources]
    source = read(network, sources, seen(imagenet=case == "classify"))
    scores = candidate_scores(network.decoder, source, prompts, Trie(search[listed]))
    np.testing.assert_allclose(scores.numpy(), search[case]["scores"], rtol=0, atol=5e-4)
    assert scores.exp().sum(1).tolist() == pytest.approx([1, 1, 1], abs=1e-4)


@pytest.mark.parametrize("which", ["model", "ema"])
def test_a_half_precision_file_answers_by_either_of_its_weights(
    network_of: Callable[[str], Network], search: Mapping[str, Any], forward: Arrays, seen: Seen, which: str
) -> None:
    network = network_of(which)
    given = forward["vqa/prev_output_tokens"]
    with torch.inference_mode():
        logits = network(torch.from_numpy(forward["vqa/src_tokens"]), seen(), torch.from_numpy(given)).numpy()
    expected = forward[f"file/{which}"]
    np.testing.assert_allclose(logits[..., forward["probe_ids"]][given != 1], expected[given != 1], rtol=0, atol=5e-4)
    case = search[f"file_{which}"]
    assert_same(written(network, case, seen(), VQA, Trie(search["answers"])), case["hypotheses"])


def test_tables_of_places_are_the_reference_s_bit_for_bit() -> None:
    def digest(table: torch.Tensor) -> str:
        return hashlib.sha256(table.numpy().astype("<i8").tobytes()).hexdigest()

    assert digest(token_buckets(256)) == "20c31e82a79b5e99e560102fc14acca443cae87bcddffeb9021430a3dd46e46c"
    assert digest(image_buckets(42)) == "f982ef63073e509c2bee49d3c0fcd15ab78c40b214d286478c0f58bad925b756"


@pytest.mark.parametrize(("name", "clean"), [("pre_question", wording.clean_question), ("pre_caption", wording.clean_caption)])
def test_texts_are_cleaned_as_the_reference_cleans_them(
    text: Mapping[str, Any], name: str, clean: Callable[[str, int | None], str]
) -> None:
    for case in text[name]:
        assert clean(case["text"], case["max_words"]) == case["out"]
