"""A list of answers as a tree of tokens: what may follow what."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from harness.models.biomedgpt.vocabulary import END

ROOT = 0
OUTSIDE = -1
"""Where a path leaves the tree; only `END` may follow."""


class Trie:
    """Nodes are numbered from the root; the way to a node is its token after its parent's way. An answer ends in `END`."""

    def __init__(self, answers: Sequence[Sequence[int]]) -> None:
        """Grow the tree.

        Args:
            answers: Token ids of each, without `END`; one may be the beginning of another.
        """
        self.children: list[dict[int, int]] = [{}]
        self.parents = [ROOT]
        self.tokens = [-1]
        self.depths = [0]
        self.ends: list[int] = []
        """The node of each answer's `END`; answers of equal tokens share it."""
        for answer in answers:
            node = ROOT
            for token in (*answer, END):
                node = self._child(node, token)
            self.ends.append(node)

    def __len__(self) -> int:
        return len(self.tokens)

    def _child(self, node: int, token: int) -> int:
        if token not in self.children[node]:
            self.children[node][token] = len(self.tokens)
            self.children.append({})
            self.parents.append(node)
            self.tokens.append(token)
            self.depths.append(self.depths[node] + 1)
        return self.children[node][token]

    def follow(self, node: int, token: int) -> int:
        """Where a token leads."""
        return OUTSIDE if node == OUTSIDE else self.children[node].get(token, OUTSIDE)

    def allowed(self, node: int) -> Collection[int]:
        """The tokens that may come next."""
        return (END,) if node == OUTSIDE else self.children[node].keys() or (END,)
