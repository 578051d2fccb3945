"""Beam search over a batch: forced prefixes, a tree of allowed answers, no repeated n-grams.

The rules, those of ties and of what counts as finished included, are fairseq's; results do not depend on how rows are batched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from harness.models.biomedgpt.decoder import Decoder, State
from harness.models.biomedgpt.encoder import Source
from harness.models.biomedgpt.positions import LONGEST
from harness.models.biomedgpt.prompted import prompt_scores, write_prompts
from harness.models.biomedgpt.trie import ROOT, Trie
from harness.models.biomedgpt.vocabulary import BEGIN, END, PAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How answers are looked for."""

    beams: int
    longest: int
    """Tokens before `END`, a forced prefix included."""
    longest_answer: int | None = None
    """Tokens after the prefix and before `END`; None where ``longest`` alone counts."""
    length_penalty: float = 1.0
    normalised: bool = True
    """Whether a score is divided by (number of tokens) ** length_penalty."""
    no_repeat_ngram: int = 0
    """0 forbids nothing."""
    below: int | None = None
    """The first token that is never written, of the codes and bins at the end of the vocabulary; None forbids none."""
    shares_out: bool = True
    """Whether the probability of what is not allowed is shared out among the rest, or lost."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One way to write on."""

    tokens: tuple[int, ...]
    """After `BEGIN`: the forced prefix, the answer, `END`."""
    score: float
    """Sum of the natural logarithms of the tokens' probabilities, divided as `Search` says."""


@dataclass(slots=True)
class _Beams:
    """The hypotheses that still grow: R rows of b."""

    rows: list[int]
    """Their places in the batch."""
    tokens: torch.Tensor
    """[R, b, slots of the history]; prefixes stand at the right, `PAD` before them."""
    scores: torch.Tensor
    """[R, b]."""
    nodes: list[list[int]]
    """Places in the tree of answers; unused without one."""
    visible: torch.Tensor
    """Which of the decoder's slots belong to a hypothesis, bool [R, b, slots]."""
    hidden: torch.Tensor
    """[R, b, d], after the last token."""

    def keep(self, kept: list[int]) -> torch.Tensor:
        """Forget all rows but these; returns their places as a tensor."""
        places = torch.tensor(kept, dtype=torch.long, device=self.tokens.device)
        self.rows = [self.rows[place] for place in kept]
        self.nodes = [self.nodes[place] for place in kept]
        self.tokens, self.scores, self.visible = self.tokens[places], self.scores[places], self.visible[places]
        return places


def beam_search(
    decoder: Decoder,
    source: Source,
    prefixes: Sequence[Sequence[int]],
    search: Search,
    trie: Trie | None = None,
    *,
    counts_prefix: bool = True,
) -> list[list[Hypothesis]]:
    """The finished hypotheses of each row, best first, at most as many as beams; none where the length ran out inside the tree.

    Args:
        decoder: Continues the prefixes.
        source: What was read, one row per prefix.
        prefixes: Token ids after `BEGIN` that every hypothesis of a row begins with; empty for none.
        search: How.
        trie: The answers that may follow a prefix.
        counts_prefix: Whether a score holds the prefix's probability. Where scores are not divided it is the same for all of a row.
    """
    most = min(search.longest, LONGEST - 1)
    given = [min(len(prefix), most) for prefix in prefixes]
    limits = [most if search.longest_answer is None else min(most, n + search.longest_answer) for n in given]
    prompted = write_prompts(decoder, source, [[BEGIN, *prefix[:most]] for prefix in prefixes], max(limits) + 1)
    beams = _Beams(
        rows=list(range(len(prefixes))),
        tokens=prompted.tokens[:, None],
        scores=(prompt_scores(decoder, prompted) if counts_prefix else torch.zeros(len(prefixes), device=source.hidden.device))[:, None],
        nodes=[[ROOT] for _ in prefixes],
        visible=prompted.used[:, None],
        hidden=prompted.hidden[:, -1:],
    )
    finished: list[list[Hypothesis]] = [[] for _ in prefixes]
    written = 0
    while beams.rows:
        n_tokens = [given[row] + written for row in beams.rows]
        following, log_probs = _log_probs(decoder, beams, search, trie, n_tokens, [limits[row] for row in beams.rows])
        values, beam, token = _best(beams.scores, following, log_probs, 2 * search.beams)
        ended = (token == END) & (values > -torch.inf)
        _collect(finished, beams, values, beam, ended, n_tokens, search)
        going = ended.to(torch.int8).argsort(dim=1, stable=True)[:, : search.beams]
        values, beam, token = values.gather(1, going), beam.gather(1, going), token.gather(1, going)
        _advance(beams, values, beam, token, trie)
        alive = (values > -torch.inf).any(dim=1).tolist()
        kept = [
            place
            for place, row in enumerate(beams.rows)
            if alive[place] and len(finished[row]) < search.beams and n_tokens[place] < limits[row]
        ]
        if len(kept) < len(beams.rows):
            prompted.state.keep(beams.keep(kept))
        if kept:
            _write(decoder, prompted.state, beams, [given[row] + written + 1 for row in beams.rows])
        written += 1
    return [sorted(row, key=lambda hypothesis: -hypothesis.score) for row in finished]


def _log_probs(
    decoder: Decoder, beams: _Beams, search: Search, trie: Trie | None, n_tokens: Sequence[int], limits: Sequence[int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """The tokens that may come next, ascending [C], and the log-probability of each, [R, b, C]; -inf where it may not come."""
    if trie is None:
        following = torch.arange(len(decoder.embed_tokens.weight), device=beams.hidden.device)
        logits, pad, end = decoder.logits(beams.hidden), PAD, END
        if search.below is not None and search.shares_out:
            logits[..., search.below :] = -torch.inf
    else:
        # Before the softmax: probabilities are shared out among the allowed tokens.
        listed, logits = _allowed(decoder, beams, trie, at_least=2 * search.beams)
        following, pad, end = torch.tensor(listed, device=logits.device), 0, listed.index(END)
    log_probs = logits.log_softmax(dim=-1)
    log_probs.masked_fill_(log_probs.isnan(), -torch.inf)
    log_probs[..., pad] = -torch.inf
    if search.below is not None and trie is None:
        log_probs[..., search.below :] = -torch.inf
    counts = torch.tensor(n_tokens, device=logits.device)
    log_probs[counts == 0, :, end] = -torch.inf  # without a prefix nobody answers nothing
    full = counts == torch.tensor(limits, device=logits.device)
    if full.any():
        last = log_probs[full, :, end]
        log_probs[full] = -torch.inf
        log_probs[full, :, end] = last
    if search.no_repeat_ngram and beams.tokens.shape[2] >= search.no_repeat_ngram:
        _forbid_repeats(log_probs, following, beams.tokens, search.no_repeat_ngram)
    return following, log_probs


def _allowed(decoder: Decoder, beams: _Beams, trie: Trie, *, at_least: int) -> tuple[list[int], torch.Tensor]:
    """The tokens that follow any hypothesis in the tree, ascending, `PAD` before them so that enough are there; and their logits."""
    followers = [[trie.allowed(node) for node in nodes] for nodes in beams.nodes]
    tokens = sorted({END, *(token for row in followers for beam in row for token in beam)})
    listed = [PAD] * max(1, at_least - len(tokens)) + tokens
    column = {token: place for place, token in enumerate(listed)}
    places = [(row, beam, column[token]) for row, several in enumerate(followers) for beam, own in enumerate(several) for token in own]
    index = torch.tensor(places, device=beams.hidden.device).unbind(1)
    logits = decoder.logits(beams.hidden, torch.tensor(listed, device=beams.hidden.device))
    allowed = torch.full_like(logits, -torch.inf)
    allowed[index] = logits[index]
    return listed, allowed


def _forbid_repeats(log_probs: torch.Tensor, following: torch.Tensor, tokens: torch.Tensor, n: int) -> None:
    """Forbid whatever would complete n tokens that a hypothesis already holds, `BEGIN` and the prefix among them."""
    windows = tokens.unfold(2, n, 1)
    repeated = (windows[..., :-1] == tokens[..., None, tokens.shape[2] - n + 1 :]).all(dim=-1)
    row, beam, place = repeated.nonzero(as_tuple=True)
    last = windows[row, beam, place, -1]
    column = torch.searchsorted(following, last).clamp(max=len(following) - 1)
    known = following[column] == last
    log_probs[row[known], beam[known], column[known]] = -torch.inf


def _best(
    scores: torch.Tensor, following: torch.Tensor, log_probs: torch.Tensor, n: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Score, hypothesis and token of the n best continuations of each row, [R, n] each."""
    values, places = (scores[..., None] + log_probs).flatten(1).topk(n)
    return values, places // len(following), following[places % len(following)]


def _collect(
    finished: list[list[Hypothesis]],
    beams: _Beams,
    values: torch.Tensor,
    beam: torch.Tensor,
    ended: torch.Tensor,
    n_tokens: Sequence[int],
    search: Search,
) -> None:
    """Take in what ended among the better half of the candidates; what ended in the other half is dropped."""
    for place, rank in ended[:, : search.beams].nonzero().tolist():
        row = beams.rows[place]
        if len(finished[row]) < search.beams:
            own = beams.tokens[place, beam[place, rank]].tolist()
            length = n_tokens[place] + 1
            divisor = length**search.length_penalty if search.normalised else 1.0
            finished[row].append(Hypothesis((*own[len(own) - n_tokens[place] :], END), float(values[place, rank]) / divisor))


def _advance(beams: _Beams, values: torch.Tensor, beam: torch.Tensor, token: torch.Tensor, trie: Trie | None) -> None:
    """Replace the hypotheses by their continuations; what was written stays in its slots."""

    def chosen(table: torch.Tensor) -> torch.Tensor:
        return table.gather(1, beam[..., None].expand(-1, -1, table.shape[2]))

    beams.tokens = torch.cat([chosen(beams.tokens), token[..., None]], dim=2)
    beams.visible = chosen(beams.visible)
    beams.scores = values
    if trie is not None:
        beams.nodes = [
            [trie.follow(nodes[origin], following) for origin, following in zip(origins, followings, strict=True)]
            for nodes, origins, followings in zip(beams.nodes, beam.tolist(), token.tolist(), strict=True)
        ]


def _write(decoder: Decoder, state: State, beams: _Beams, positions: Sequence[int]) -> None:
    """Write the last token of every hypothesis into a slot of its own."""
    token = beams.tokens[..., -1]
    own = torch.eye(token.shape[1], dtype=torch.bool, device=token.device).expand(len(token), -1, -1)
    beams.visible = torch.cat([beams.visible, own], dim=2)
    at = torch.tensor(positions, device=token.device)[:, None].expand_as(token)
    beams.hidden = decoder(token, at, beams.visible, state)
