"""Any text as LaTeX sets it literally, whatever it was made to do."""

from __future__ import annotations

from harness.base.visible import visible_line

_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''", "…": r"\ldots{}",
    "−": "$-$", "±": r"$\pm$", "×": r"$\times$", "·": r"$\cdot$", "≤": r"$\leq$", "≥": r"$\geq$", "≈": r"$\approx$",
    "→": r"$\rightarrow$", "←": r"$\leftarrow$", "↑": r"$\uparrow$", "↓": r"$\downarrow$", "°": r"$^\circ$", "†": r"$\dagger$",
    "α": r"$\alpha$", "β": r"$\beta$", "γ": r"$\gamma$", "κ": r"$\kappa$", "λ": r"$\lambda$", "µ": r"$\mu$", "μ": r"$\mu$",
}  # fmt: skip
_LETTERS = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿŒœŠšŽžŁłĆćČčĞğİışŞ")
"""Letters that pdfLaTeX has in its default encoding."""


def escape(text: str) -> str:
    """A text as LaTeX sets it literally; a character that pdfLaTeX does not know is written by its code, ``U+5317``."""
    return "".join(map(_set, visible_line(text)))


def _set(mark: str) -> str:
    if mark in _SPECIAL:
        return _SPECIAL[mark]
    return mark if mark.isascii() or mark in _LETTERS else f"U+{ord(mark):04X}"
