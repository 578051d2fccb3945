"""The adapter of a table or of class folders: the few lines that a person would have written for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from harness.checks.new_task.own.options import LETTERS
from harness.checks.new_task.own.proposal import Proposal, Shape

_FAMILIES: Mapping[Shape, tuple[str, str]] = {
    "answer": ("answer", "answers.VQA"),
    "options": ("choose", "answers.VQA"),
    "labels": ("choose", "classification.{}"),
    "folders": ("choose", "classification.{}"),
    "report": ("describe", "captions.CAPTIONS"),
    "caption": ("caption", "captions.CAPTIONS"),
    "summary": ("summarise", "summaries.SUMMARIES"),
}
"""How each is asked, and what it is measured by."""
_WHICH = "Which of these does this picture show?"
_FITS = "Which of these is right?"
_WIDEST = 60
_SUMMARY = "Summarise the text above in one sentence."


def source_of(proposal: Proposal, title: str) -> str:
    """The adapter's text."""
    family, metrics = _FAMILIES[proposal.shape]
    metrics = metrics.format("BINARY" if len(proposal.labels) == 2 else "MULTICLASS")
    told = f", {literal(proposal.ask or _SUMMARY)}" if proposal.shape == "summary" else ""
    constants, helper, lines = ([], "", _of_folders(proposal)) if proposal.shape == "folders" else _table(proposal)
    example = "row: Row, card: Card" if family == "choose" else "row: Row"
    unused = "  # noqa: ARG001  options are the row's own, the card has no labels" if proposal.shape == "options" else ""
    kind = ", a folder of pictures for each class" if proposal.shape == "folders" else ""
    what = _doc(f"{proposal.source.path.name or 'a folder'}{kind}")
    text = "\n".join([helper, *lines])
    head = [
        f'"""{_doc(title)}: what is asked and right by {what}."""',
        "",
        "from __future__ import annotations",
        "",
        "from harness import families",
        "from harness.cards import Card",
        f"from harness.metrics import {metrics.partition('.')[0]}",
        f"from harness.rows import Row{', Unusable' if 'Unusable(' in text else ''}",
        *(["from harness.text import one_line"] if "one_line(" in text else []),
        f"from harness.types import Example, {'Image, ' if helper else ''}Input, Task",
        *(["", *constants] if constants else []),
    ]
    example_of = [
        f"def example({example}) -> Example[str]:{unused}",
        '    """One row: what is asked, what is right, what is resampled together."""',
        *lines,
    ]
    task = [
        "def task(card: Card) -> Task[str]:",
        '    """The task of a card: asked and read as its family is; the first of the metrics ranks."""',
        f"    return families.{family}(card, example, {metrics}{told})",
    ]
    functions = ["\n".join(part) for part in (head, [helper], example_of, task)]
    return "\n\n\n".join(filter(None, functions)) + "\n"


def _of_folders(proposal: Proposal) -> list[str]:
    return [
        "    return Example(",
        '        id=row.identifier("id"),',
        f'        input=Input(text={literal(proposal.ask or _WHICH)}, images=(row.image(row.text("image")),), choices=card.labels),',
        '        target=row.text("label"),',
        '        group=row.identifier("group"),',
        '        tags={"label": row.text("label")},',
        "    )",
    ]


def _table(proposal: Proposal) -> tuple[list[str], str, list[str]]:
    """Constants, the function for pictures where one is needed, and the lines of ``example``."""
    constants: list[str] = []
    lines: list[str] = []
    if len(proposal.texts) > 1:
        heads = {name.replace("_", " ").strip().capitalize(): name for name in proposal.texts}
        constants.append(f"ASKED = {_mapping(heads)}")
    if proposal.options is not None and proposal.options.held == "columns":
        constants.append(f"OPTIONS = {_tuple(proposal.options.columns)}")
    if proposal.options is not None and proposal.options.named == "letter":
        constants.append(f"LETTERS = {literal(LETTERS)}")
    helper, images = _images(proposal, constants)
    for name in proposal.needed:
        cell = f"row.get({literal(name)})"
        lines.append(f'    if {cell} in (None, ""):' if name in proposal.numbers else f'    if not str({cell} or "").strip():')
        lines.append(f"        raise Unusable({literal(f'nothing in {name}')})")
    lines += _options(proposal) if proposal.options is not None else [f"    answer = {_read(proposal, proposal.answer)}"]
    asked = _text(proposal)
    if len(asked) > _WIDEST:
        lines.append(f"    asked = {asked}")
        asked = "asked"
    choices = {"labels": "card.labels", "options": "choices"}.get(proposal.shape, "")
    given = [f"text={asked}", *([f"images={images}"] if images else []), *([f"choices={choices}"] if choices else [])]
    return constants, helper, [
        *lines,
        "    return Example(",
        f"        id=row.identifier({literal(proposal.id or 'row_number')}),",
        f"        input=Input({', '.join(given)}),",
        "        target=answer,",
        f"        group={_group(proposal)},",
        f"        tags={_tags(proposal)},",
        "    )",
    ]  # fmt: skip


def _cell(proposal: Proposal, name: str, more: str = "") -> str:
    return f"row.text({literal(name)}{', numbers=True' if name in proposal.numbers else ''}{more})"


def _read(proposal: Proposal, name: str) -> str:
    return f"one_line({_cell(proposal, name)})"


def _text(proposal: Proposal) -> str:
    if len(proposal.texts) > 1:
        numbers = ", numbers=True" if proposal.numbers & set(proposal.texts) else ""
        asked = f'"\\n".join(f"{{head}}: {{one_line(row.text(name{numbers}))}}" for head, name in ASKED.items())'
    elif proposal.texts:
        asked = _read(proposal, proposal.texts[0])
    elif proposal.shape in ("report", "caption"):
        return literal(proposal.ask or ("a caption" if proposal.shape == "caption" else "the findings"))
    else:
        return literal(proposal.ask or _WHICH)
    question = proposal.ask or (_FITS if proposal.shape == "labels" else "")
    return f"{asked} + {literal(chr(10) + question)}" if question and proposal.shape != "summary" else asked


def _options(proposal: Proposal) -> list[str]:
    options = proposal.options
    assert options is not None
    value = _cell(proposal, proposal.answer)
    column = literal(options.columns[0])
    held = {
        "columns": 'tuple(one_line(str(row.get(name) or "")) for name in OPTIONS)',
        "list": f"tuple(map(one_line, row.listed({column})))",
        "mapping": f"tuple(one_line(text) for text in row[{column}].values() if text)",
        "delimited": f"tuple(map(one_line, row.text({column}).split({literal(options.mark)})))",
    }[options.held]
    right = {
        "text": f"one_line({value})",
        "letter": f'options[LETTERS.index({value}.strip(" ().:").upper())]',
        "from 0": f"options[int({value})]",
        "from 1": f"options[int({value}) - 1]",
    }[options.named]
    return [
        f"    options = {held}",
        "    choices = tuple(filter(None, options))",
        f"    answer = {right}",
        "    if answer not in choices or len(set(choices)) < len(choices):",
        '        raise Unusable("the answer is none of the options, or two of them are the same")',
    ]


def _images(proposal: Proposal, constants: list[str]) -> tuple[str, str]:
    """The function that finds pictures, where names are not used as they are, and the expression of a row's."""
    pictures = proposal.pictures
    if pictures is None:
        return "", ""
    if pictures.plain and pictures.numbered:
        there = " or ".join(f"{literal(name)} in row" for name in pictures.columns)
        given = f"row.images({literal(pictures.numbered)})"
        return "", f"{given} if {there} else ()" if proposal.lacking >= set(pictures.columns) else given
    constants.append(f"PICTURES = {_tuple(pictures.columns)}")
    steps = (f'.replace({literal(chr(92))}, "/")' if pictures.backslashes else "") + (".removeprefix(ABOVE)" if pictures.prefix else "")
    if pictures.prefix:
        constants += [
            f"ABOVE = {literal(pictures.prefix)}",
            '"""What stands before the names of pictures in the table; a name without it is taken as it is."""',
        ]
    suffix = f" + {literal(pictures.suffix)}" if pictures.suffix else ""
    lines = [
        "def pictures(row: Row) -> tuple[Image, ...]:",
        '    """Those that a row names, below the card\'s folder of pictures."""',
        "    names = [row.get(column) for column in PICTURES]",
        f'    return tuple(row.image(str(name){steps}{suffix}) for name in names if name not in (None, ""))',
    ]
    return "\n".join(lines), "pictures(row)"


def _group(proposal: Proposal) -> str:
    own = f"row.identifier({literal(proposal.id or 'row_number')})"
    pictures = proposal.pictures
    if not proposal.group:
        return own
    if pictures is None or proposal.group not in pictures.columns:
        return f"row.identifier({literal(proposal.group)})"
    name = f"str(row.get({literal(proposal.group)}) or {own})" if pictures.blanks else f"row.identifier({literal(proposal.group)})"
    return f"{name}.removeprefix(ABOVE)" if pictures.prefix else name


def _tags(proposal: Proposal) -> str:
    own = []
    for name in proposal.tags:
        where_there = f' if {literal(name)} in row else ""' if name in proposal.lacking else ""
        own.append(f"{literal(name)}: {_cell(proposal, name, ', blank=True')}{where_there}")
    if proposal.shape == "labels":
        own.insert(0, '"label": answer')
    if proposal.shape == "answer":
        own.insert(0, '"yes_no": families.yes_no(answer)')
    return "{" + ", ".join(own) + "}"


def literal(text: str) -> str:
    """A text as Python and TOML write it between double quotes."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _doc(text: str) -> str:
    """A text within a docstring."""
    return text.replace("\\", "/").replace('"', "'")


def _tuple(names: Sequence[str]) -> str:
    return f"({', '.join(map(literal, names))}{',' if len(names) == 1 else ''})"


def _mapping(heads: dict[str, str]) -> str:
    return "{" + ", ".join(f"{literal(head)}: {literal(name)}" for head, name in heads.items()) + "}"
