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
from harness.models.biomedgpt.trie import ROOT, Trie
from harness.models.biomedgpt.vocabulary import BEGIN, END, PAD

_LOGITS_AT_ONCE = 64
"""Rows of logits over the whole vocabulary that are held at a time while a prefix is scored."""


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


@dataclass(frozen=True, slots=True)
class Prompted:
    """A decoder after the prompts of a batch; they stand at the right of W slots."""

    state: State
    hidden: torch.Tensor
    """[B, W, d]."""
    tokens: torch.Tensor
    """[B, W]."""
    offsets: torch.Tensor
    """First slot of each prompt, int64 [B]."""
    used: torch.Tensor
    """Whether a slot holds a token of the prompt, bool [B, W]."""


def write_prompts(decoder: Decoder, source: Source, prompts: Sequence[Sequence[int]], longest: int) -> Prompted:
    """Write each row's prompt in one pass.

    Args:
        decoder: Whose state it becomes.
        source: What was read.
        prompts: Token ids from `BEGIN` on, one per row.
        longest: Positions that will be needed in all.
    """
    device = source.hidden.device
    width = max(map(len, prompts))
    tokens = torch.tensor([[PAD] * (width - len(prompt)) + list(prompt) for prompt in prompts], device=device)
    offsets = torch.tensor([width - len(prompt) for prompt in prompts], device=device)
    slots = torch.arange(width, device=device)
    used = slots >= offsets[:, None]
    # A slot before the prompt sees itself alone, because a softmax over nothing is not a number.
    visible = (slots[:, None] >= slots) & used[:, None] | torch.eye(width, dtype=torch.bool, device=device)
    positions = (slots - offsets[:, None]).clamp(min=0)
    if not offsets.any():
        visible, positions = visible[:1], positions[:1]
    state = decoder.begin(source, min(longest, LONGEST))
    hidden = decoder(tokens, positions, visible, state)
    return Prompted(state, hidden, tokens, offsets, used)


def beam_search(
    decoder: Decoder, source: Source, prefixes: Sequence[Sequence[int]], search: Search, trie: Trie | None = None
) -> list[list[Hypothesis]]:
    """The finished hypotheses of each row, best first, at most as many as beams; none where the length ran out inside the tree.

    Args:
        decoder: Continues the prefixes.
        source: What was read, one row per prefix.
        prefixes: Token ids after `BEGIN` that every hypothesis of a row begins with; empty for none.
        search: How.
        trie: The answers that may follow a prefix.
    """
    most = min(search.longest, LONGEST - 1)
    given = [min(len(prefix), most) for prefix in prefixes]
    limits = [most if search.longest_answer is None else min(most, n + search.longest_answer) for n in given]
    prompted = write_prompts(decoder, source, [[BEGIN, *prefix[:most]] for prefix in prefixes], max(limits) + 1)
    beams = _Beams(
        rows=list(range(len(prefixes))),
        tokens=prompted.tokens[:, None],
        scores=_prefix_scores(decoder, prompted)[:, None],
        nodes=[[ROOT] for _ in prefixes],
        visible=prompted.used[:, None],
        hidden=prompted.hidden[:, -1:],
    )
    finished: list[list[Hypothesis]] = [[] for _ in prefixes]
    written = 0
    while beams.rows:
        n_tokens = [given[row] + written for row in beams.rows]
        log_probs = _log_probs(decoder, beams, search, trie, n_tokens, [limits[row] for row in beams.rows])
        values, beam, token = _best(beams.scores, log_probs, 2 * search.beams)
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


def _prefix_scores(decoder: Decoder, prompted: Prompted) -> torch.Tensor:
    """What each prefix contributes to a score, [B]: its log-probability over the whole vocabulary."""
    width = prompted.tokens.shape[1]
    scores = torch.zeros(len(prompted.tokens), device=prompted.hidden.device)
    rows, slots = prompted.used[:, : width - 1].nonzero(as_tuple=True)
    for start in range(0, len(rows), _LOGITS_AT_ONCE):
        some_rows, some_slots = rows[start : start + _LOGITS_AT_ONCE], slots[start : start + _LOGITS_AT_ONCE]
        log_probs = decoder.logits(prompted.hidden[some_rows, some_slots]).log_softmax(dim=-1)
        following = prompted.tokens[some_rows, some_slots + 1]
        scores.index_add_(0, some_rows, log_probs.gather(1, following[:, None])[:, 0])
    return scores


def _log_probs(
    decoder: Decoder, beams: _Beams, search: Search, trie: Trie | None, n_tokens: Sequence[int], limits: Sequence[int]
) -> torch.Tensor:
    """Log-probability of each next token, [R, b, V]; -inf where it may not come."""
    logits = decoder.logits(beams.hidden)
    if trie is not None:
        # Before the softmax: probabilities are shared out among the allowed tokens.
        logits = _only_allowed(logits, beams.nodes, trie)
    log_probs = logits.log_softmax(dim=-1)
    log_probs.masked_fill_(log_probs.isnan(), -torch.inf)
    log_probs[..., PAD] = -torch.inf
    counts = torch.tensor(n_tokens, device=logits.device)
    log_probs[counts == 0, :, END] = -torch.inf  # without a prefix nobody answers nothing
    full = counts == torch.tensor(limits, device=logits.device)
    if full.any():
        end = log_probs[full, :, END]
        log_probs[full] = -torch.inf
        log_probs[full, :, END] = end
    if search.no_repeat_ngram and beams.tokens.shape[2] >= search.no_repeat_ngram:
        _forbid_repeats(log_probs, beams.tokens, search.no_repeat_ngram)
    return log_probs


def _only_allowed(logits: torch.Tensor, nodes: Sequence[Sequence[int]], trie: Trie) -> torch.Tensor:
    places = [(row, beam, token) for row, beams in enumerate(nodes) for beam, node in enumerate(beams) for token in trie.allowed(node)]
    index = torch.tensor(places, device=logits.device).unbind(1)
    allowed = torch.full_like(logits, -torch.inf)
    allowed[index] = logits[index]
    return allowed


def _forbid_repeats(log_probs: torch.Tensor, tokens: torch.Tensor, n: int) -> None:
    """Forbid whatever would complete n tokens that a hypothesis already holds, `BEGIN` and the prefix among them."""
    windows = tokens.unfold(2, n, 1)
    repeated = (windows[..., :-1] == tokens[..., None, tokens.shape[2] - n + 1 :]).all(dim=-1)
    row, beam, place = repeated.nonzero(as_tuple=True)
    log_probs[row, beam, windows[row, beam, place, -1]] = -torch.inf


def _best(scores: torch.Tensor, log_probs: torch.Tensor, n: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Score, hypothesis and token of the n best continuations of each row, [R, n] each."""
    values, places = (scores[..., None] + log_probs).flatten(1).topk(n)
    return values, places // log_probs.shape[2], places % log_probs.shape[2]


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
