"""Typography of written replies: what looks alike becomes alike before anything is read or compared.

Language models write dashes without blanks, full-width forms, bullets, emphasis, boxes and characters that nobody sees. None of it is
part of an answer, and a reader that stumbles over some of it stumbles over one class more often than over another.
"""

from __future__ import annotations

import re
import unicodedata

from harness.base import patterns

_BREAK = patterns.later("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_ENTITY = patterns.later(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z]{2,31});")
_BULLETS = "•‣⁃◦∙●○■□▪▫◆◇►▶▸➤➢➔→⇒➜·・‧⋅★☆✓✔✅☑"
_SPELLED = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼ＇´", "'"),
        **dict.fromkeys("“”„‟″«»‹›「」『』《》〈〉＂", '"'),
        **dict.fromkeys("【〔〖", "["),
        **dict.fromkeys("】〕〗", "]"),
        **dict.fromkeys("。｡۔।॥", "."),
        **dict.fromkeys("、﹑،٬", ","),
        **dict.fromkeys("؛", ";"),
        **dict.fromkeys("؟", "?"),
        **dict.fromkeys("¿¡", " "),
        **dict.fromkeys("‐‑−﹣－", "-"),
        **dict.fromkeys("∕⁄", "/"),
        "∶": ":",
        "⋯": "...",
        "≤": "<=",
        "≥": ">=",
        "⩽": "<=",
        "⩾": ">=",
        **dict.fromkeys(_BULLETS, "•"),
    }
)
_LONG_DASHES = "–—―‒⸺⸻﹘〜"
_MINUS = patterns.later(r"(?<![\w)\].])[–‒](?=\.?\d)")
_RANGE = patterns.later(rf"(?<=\d)[{_LONG_DASHES}](?=\d)")
_SET_OFF = patterns.later(rf"[ \t]*(?:[{_LONG_DASHES}]+|(?<!-)-{{2,3}}(?!-))[ \t]*")
_RAISED = patterns.later("(?<=[0-9])([⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_FRACTION = patterns.later("(?<=[0-9])([¼½¾⅐-⅞])")


def folded(text: str) -> str:
    """The text with compatibility forms folded (NFKC), one kind of quote, dash, bullet and line break, and nothing that cannot be seen.

    A dash that sets something off has blanks around it; one between digits, or before a number, is a hyphen or minus. Case, words and
    the order of everything stay. A raised digit after a digit is a power, not another digit, and "2½" is two numbers.
    """
    if text.isascii() and text.isprintable() and "&" not in text and "--" not in text:
        return text  # most of what is folded is plain already
    text = _ENTITY.sub(_character, text)
    text = _FRACTION.sub(r" \1", _RAISED.sub(r"^\1", _BREAK.sub("\n", text)))
    text = unicodedata.normalize("NFKC", text.translate(_SPELLED)).translate(_SEEN).translate(_SPELLED)
    text = _RANGE.sub("-", _MINUS.sub("-", text))
    return _SET_OFF.sub(" - ", text)


def _character(entity: re.Match[str]) -> str:
    import html

    return html.unescape(entity.group())


class _Seen(dict[int, str]):
    """A table for `str.translate`: the character, a blank for any kind of blank, nothing for what has no shape."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        kind = unicodedata.category(character)
        if kind in ("Cf", "Cc", "Cs", "Cn", "Co") or 0xFE00 <= code <= 0xFE0F or code == 0x034F:
            return self.setdefault(code, "")
        return self.setdefault(code, " " if kind == "Zs" else character)


_SEEN = _Seen({ord("\n"): "\n", ord("\t"): "\t"})


_STRUCK = patterns.later(r"~~[^~\n]+~~|<(?:s|del|strike)>.*?</(?:s|del|strike)>", re.IGNORECASE)
_ELEMENT = patterns.later(r"</?(?:b|i|u|em|strong|mark|code|span|p|div|li|ul|ol|sup|sub|h[1-6])(?:\s[^<>]*)?>", re.IGNORECASE)
_PLACE_HOLDER = patterns.later(r"(?<![\w<=])<((?!/)\w(?:[^<>\n]*\w)?)>(?!\w)")
_LINE_ELEMENT = patterns.later(r"<br\s*/?>", re.IGNORECASE)
_LATEX = patterns.later(r"\\(?:text|textbf|textit|textrm|texttt|mathrm|mathbf|mathit|mathsf|mbox|emph|underline)\s*\{([^{}]*)\}")
_MATHS = patterns.later(r"\\[()\[\],;! ]|\${1,2}(?=[^$\n]+\$)|(?<=[^$\n\s])\${1,2}(?!\w)")
_FENCE = patterns.later(r"^[ \t]*(?:```|~~~)[^\n]*$", re.MULTILINE)
_EMPHASIS = patterns.later(r"\*{2,}|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])|(?<!\w)_+|_+(?!\w)|`")
_AT_START = patterns.later(r"^[ \t]*(?:(?:#{1,6}|>(?![ \t]*[\d.])|[-+*•])[ \t]+(?=\w|[\"'(\[<\\])|•)+", re.MULTILINE)


def unmarked(text: str) -> str:
    """`folded` text without the marks of Markdown, HTML and LaTeX: emphasis, headings, quotations, bullets, fences; struck text goes.

    An underscore inside a word stays, as does any number that begins a line.
    """
    text = _FENCE.sub("", folded(text))
    text = _LINE_ELEMENT.sub("\n", _STRUCK.sub("", text))
    text = _ELEMENT.sub("", text)
    # A long reply without a mark is not looked through for it at every letter.
    if "\\" in text or "$" in text:
        text = _MATHS.sub("", _LATEX.sub(r"\1", _LATEX.sub(r"\1", text)))
    if "<" in text:
        text = _PLACE_HOLDER.sub(r"\1", text)
    if "*" in text or "_" in text or "`" in text:
        text = _EMPHASIS.sub("", text)
    return _AT_START.sub("", text).strip()
