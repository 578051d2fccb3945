"""The notebook's cells run from top to bottom in an empty folder, and print what it holds; UPDATE_GOLDEN=1 writes what they print now."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from website.notebooks import page

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "notebook.ipynb"


def outputs(source: str, names: dict[str, Any], number: int) -> list[dict[str, Any]]:
    """What a notebook would show below a cell: what is printed, and what its last line is worth."""
    code = ast.parse(source)
    last = code.body.pop() if isinstance(code.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, "cell", "exec"), names)  # noqa: S102
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names) if isinstance(last, ast.Expr) else None  # noqa: S307
    shown: list[dict[str, Any]] = []
    if printed.getvalue():
        shown.append({"name": "stdout", "output_type": "stream", "text": printed.getvalue().splitlines(keepends=True)})
    if value is not None:
        text = repr(value).splitlines(keepends=True)
        shown.append({"data": {"text/plain": text}, "execution_count": number, "metadata": {}, "output_type": "execute_result"})
    return shown


def test_the_notebook_runs_and_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    for number, cell in enumerate((cell for cell in notebook["cells"] if cell["cell_type"] == "code"), 1):
        cell["outputs"], cell["execution_count"] = outputs("".join(cell["source"]), names, number), number
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        NOTEBOOK.write_text(text, encoding="utf-8")
    else:
        assert NOTEBOOK.read_text(encoding="utf-8") == text


def test_a_notebook_is_a_page() -> None:
    printed = {"output_type": "stream", "name": "stdout", "text": ["2\n"]}
    worth = {"output_type": "execute_result", "data": {"text/plain": ["3"]}}
    cells = [
        {"cell_type": "markdown", "source": ["# A\n", "b"]},
        {"cell_type": "code", "source": ["print(2)\n", "3"], "outputs": [printed, worth]},
    ]
    assert page(json.dumps({"cells": cells})) == "# A\nb\n\n```python\nprint(2)\n3\n```\n\n```text\n2\n```\n\n```text\n3\n```\n"
