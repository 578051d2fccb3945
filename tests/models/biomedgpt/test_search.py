"""What the golden searches do not reach: few listed answers, forbidden tokens, and that nothing is computed that is not needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from harness.models.biomedgpt.decoder import Decoder, Network
from harness.models.biomedgpt.search import Search, beam_search
from harness.models.biomedgpt.trie import Trie
from harness.models.biomedgpt.trunk import Trunk

END = 2


@torch.inference_mode()
def searched(network: Network, case: Mapping[str, Any], search: Search, answers: Sequence[Sequence[int]] | None, **more: bool) -> Any:
    rows = case["sources"][:1]
    source = network.encoder(torch.tensor(rows), None)
    return beam_search(network.decoder, source, [rows[0][1:-1]], search, Trie(answers) if answers else None, **more)[0]


@pytest.mark.parametrize("beams", [1, 3, 5])
def test_as_many_hypotheses_finish_as_there_are_answers(network: Network, search: Mapping[str, Any], beams: int) -> None:
    answers = search["answers"][:2]
    found = searched(network, search["summ_beam5"], Search(beams=beams, longest=600, normalised=False), answers)
    n = len(search["summ_beam5"]["sources"][0]) - 2
    assert {one.tokens[n:] for one in found} <= {(*answer, END) for answer in answers}
    assert len(found) == min(beams, 2)


def test_the_probability_of_a_prefix_moves_every_score_alike_and_no_order(network: Network, search: Mapping[str, Any]) -> None:
    how = Search(beams=5, longest=600, normalised=False)
    counted, not_counted = (
        searched(network, search["summ_beam5"], how, search["answers"], counts_prefix=counts) for counts in (True, False)
    )
    assert [one.tokens for one in counted] == [one.tokens for one in not_counted]
    shifts = [one.score - other.score for one, other in zip(counted, not_counted, strict=True)]
    assert shifts == pytest.approx([shifts[0]] * len(shifts), abs=1e-3)
    assert shifts[0] < -1


def test_listed_answers_take_the_logits_of_their_own_tokens_alone(
    network: Network, search: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    columns: list[int] = []
    logits = Decoder.logits

    def watched(decoder: Decoder, hidden: torch.Tensor, tokens: torch.Tensor | None = None) -> torch.Tensor:
        found = logits(decoder, hidden, tokens)
        columns.append(found.shape[-1])
        return found

    monkeypatch.setattr(Decoder, "logits", watched)
    how = Search(beams=2, longest=600, normalised=False)
    searched(network, search["summ_beam5"], how, search["answers"], counts_prefix=False)
    named = {token for answer in search["answers"] for token in answer} | {END}
    assert max(columns) <= len(named) + 1


def test_an_answer_that_repeats_itself_cannot_be_chosen_where_that_is_forbidden(network: Network, search: Mapping[str, Any]) -> None:
    how = Search(beams=2, longest=600, normalised=False, no_repeat_ngram=1)
    prefix = search["summ_beam5"]["sources"][0][1:-1]
    fresh = next(token for token in range(5000, 6000) if token not in prefix)
    answers = [[fresh], [fresh + 1, fresh + 1]]
    assert {one.tokens[len(prefix) :] for one in searched(network, search["summ_beam5"], how, answers)} == {(fresh, END)}


@pytest.mark.parametrize("shares_out", [True, False])
@torch.inference_mode()
def test_tokens_at_the_end_of_the_vocabulary_can_be_forbidden(network: Network, search: Mapping[str, Any], *, shares_out: bool) -> None:
    """As the reference's generator does by ``constraint_range``: before the softmax, and after it where it answers zero-shot."""
    source = torch.tensor(search["summ_beam5"]["sources"][:1])
    how = Search(beams=1, longest=1, normalised=False, below=3000, shares_out=shares_out)
    [[found]] = beam_search(network.decoder, network.encoder(source, None), [[]], how)
    token = found.tokens[0]
    logits = network(source, None, torch.tensor([[0, token]]))[0].double()
    log_probs = (logits[:, :3000] if shares_out else logits).log_softmax(-1)
    allowed = log_probs[0, :3000].clone()
    allowed[[1, END]] = -torch.inf  # neither padding nor an empty answer
    assert token == int(allowed.argmax())
    assert found.score == pytest.approx(float(log_probs[0, token] + log_probs[1, END]), abs=1e-4)


def test_folded_batch_norms_give_the_trunk_s_own_numbers(network: Network, tensors: Mapping[str, torch.Tensor]) -> None:
    """To within 1e-5 of the largest; the network that answers has none left."""
    plain = Trunk((3, 4, 6), 1e-5).eval()
    start = "encoder.embed_images."
    plain.load_state_dict({name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)})
    pictures = torch.from_numpy(np.random.RandomState(3).standard_normal((2, 3, 64, 64)).astype(np.float32))
    with torch.inference_mode():
        expected, folded = plain(pictures), network.encoder.embed_images(pictures)
    assert float((folded - expected).abs().max() / expected.abs().max()) < 1e-5
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())
