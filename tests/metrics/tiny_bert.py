"""A BERT of thin layers, seeded, saved as transformers saves it, in the place of the weights of a clinical metric."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.metrics.clinical import annotating


def saved(folder: Path, words: Sequence[str], *, layers: int, seed: int, longest: int = 512) -> Any:
    """The model, beside the tokeniser of these words and BERT's marks."""
    torch, transformers = annotating.networks()
    folder.mkdir(parents=True)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    config = transformers.BertConfig(
        vocab_size=len(pieces),
        hidden_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=longest,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = transformers.BertModel(config)
    model.save_pretrained(folder)
    transformers.BertTokenizer(str(folder / "vocab.txt"), model_max_length=longest).save_pretrained(folder)
    return model
