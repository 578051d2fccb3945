"""What other tools call an id and a reply: told to a user whose file has such columns, and never read without being named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_IDS: Mapping[str, str] = {
    **{name: name for name in ("qid", "question_id", "custom_id", "sample_id", "example_id", "request_id", "index", "image_id")},
    "doc": "doc.id",
    **{name: name for name in ("file", "filename", "image", "ID", "Id")},
}
_TEXTS: Mapping[str, str] = {
    "filtered_resps": "filtered_resps.0",
    **{name: name for name in ("prediction", "predicted_answer", "predicted", "pred", "generated_text", "model_answer", "model_output")},
    "outputs": "outputs.0.text",
    **{name: name for name in ("response", "reply", "output", "completion", "answer", "label", "Text")},
}
"""A column to the option's value, the likelier first."""


def meant(columns: Iterable[object]) -> str:
    """The options that a file with such columns is likely to want, as the beginning of a sentence; empty where none are known."""
    there = {str(column) for column in columns}
    options = [
        f"{option} {next(value for name, value in known.items() if name in there)}"
        for option, known, own in (("--id", _IDS, "id"), ("--text", _TEXTS, "text"))
        if own not in there and there & set(known)
    ]
    return f" Perhaps: {' '.join(options)}" if options else ""
