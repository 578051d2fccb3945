"""Log-probabilities of all answers of a list at once.

Answers share beginnings, so the list is decoded as the tree that it is: every branch once, many branches in one pass, each seeing
its own way from the root. Only the logits of what may follow are computed.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from harness.models.biomedgpt.decoder import Decoder
from harness.models.biomedgpt.encoder import Source
from harness.models.biomedgpt.prompted import Prompted, write_prompts
from harness.models.biomedgpt.trie import ROOT, Trie

_BRANCHES_AT_ONCE = 256


def candidate_scores(decoder: Decoder, source: Source, prompts: Sequence[Sequence[int]], trie: Trie) -> torch.Tensor:
    """Natural logarithm of the probability of each answer after each prompt, [B, answers], on the CPU.

    Probabilities are shared out among the allowed tokens at every step, so those of different answers sum to 1. Nothing is divided by
    the length, and prompts do not count.

    Args:
        decoder: Continues the prompts.
        source: What was read, one row per prompt.
        prompts: Token ids from `BEGIN` on.
        trie: The answers.
    """
    prompted = write_prompts(decoder, source, prompts, max(map(len, prompts)) + max(trie.depths))
    steps = torch.zeros(len(prompts), len(trie), device=source.hidden.device)
    _score_edges(decoder, steps, trie, [ROOT], prompted.hidden[:, -1:])
    inner = [node for node in _depth_first(trie) if trie.children[node]]
    for start in range(0, len(inner), _BRANCHES_AT_ONCE):
        nodes = inner[start : start + _BRANCHES_AT_ONCE]
        _score_edges(decoder, steps, trie, nodes, _branches(decoder, prompted, trie, nodes))
    total = steps.cpu().double()
    for node in range(1, len(trie)):  # a parent's number is below its children's
        total[:, node] += total[:, trie.parents[node]]
    return total[:, trie.ends]


def _depth_first(trie: Trie) -> list[int]:
    """All nodes but the root, neighbours in the tree close together."""
    order: list[int] = []
    waiting = list(trie.children[ROOT].values())
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting += trie.children[node].values()
    return order


def _branches(decoder: Decoder, prompted: Prompted, trie: Trie, nodes: Sequence[int]) -> torch.Tensor:
    """The hidden states of some nodes, [B, nodes, d]; their ancestors are written again, the prompts are not."""
    ways: dict[int, list[int]] = {}
    for node in nodes:
        way = [node]
        while trie.parents[way[-1]] != ROOT:
            way.append(trie.parents[way[-1]])
        for place, member in enumerate(way):
            ways.setdefault(member, way[place:])
    slot = {node: place for place, node in enumerate(ways)}
    device = prompted.hidden.device
    own = torch.zeros(len(ways), len(ways), dtype=torch.bool)
    for node, way in ways.items():
        own[slot[node], [slot[member] for member in way]] = True
    rows, width = prompted.tokens.shape
    depths = torch.tensor([trie.depths[node] for node in ways], device=device)
    after = width - prompted.offsets[:, None] - 1 + depths
    before = prompted.used[:, None].expand(-1, len(ways), -1)
    if not prompted.offsets.any():
        after, before = after[:1], before[:1]
    visible = torch.cat([before, own.to(device).expand(len(before), -1, -1)], dim=2)
    tokens = torch.tensor([trie.tokens[node] for node in ways], device=device).expand(rows, -1)
    hidden = decoder(tokens, after, visible, prompted.state)
    prompted.state.rewind(width)
    return hidden[:, [slot[node] for node in nodes]]  # type: ignore[no-any-return]


def _score_edges(decoder: Decoder, steps: torch.Tensor, trie: Trie, nodes: Sequence[int], hidden: torch.Tensor) -> None:
    """Fill in the log-probability of every child of some nodes, given the nodes' hidden states, [B, nodes, d]."""
    edges = [(place, token, child) for place, node in enumerate(nodes) for token, child in trie.children[node].items()]
    tokens = sorted({token for _, token, _ in edges})
    column = {token: place for place, token in enumerate(tokens)}
    places = torch.tensor([(place, column[token]) for place, token, _ in edges], device=hidden.device).unbind(1)
    logits = decoder.logits(hidden, torch.tensor(tokens, device=hidden.device))
    allowed = torch.full_like(logits, -torch.inf)
    allowed[:, places[0], places[1]] = logits[:, places[0], places[1]]
    steps[:, [child for _, _, child in edges]] = allowed.log_softmax(dim=-1)[:, places[0], places[1]]
