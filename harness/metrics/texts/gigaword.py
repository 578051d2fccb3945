"""What BiomedGPT's summarisation evaluation does to a hypothesis: the token repair and the digit mask of the Gigaword corpus."""

from __future__ import annotations

import string

_SPELLED = {
    "(": "-lrb-",
    ")": "-rrb-",
    "[": "-lsb-",
    "]": "-rsb-",
    "{": "-lcb-",
    "}": "-rcb-",
    "[UNK]": "UNK",
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
}


def hypothesis(text: str) -> str:
    """A hypothesis as it is scored: lower case, tokens repaired, every ``1`` a ``#``; references keep their ones."""
    return repaired(text.lower().strip()).replace("1", "#")


def repaired(text: str) -> str:
    """Text with quotes, contractions, numbers and hyphens that were split at blanks put together again.

    Its rule for spaced capitals ("U . S .") is left out: nothing is capital after lower-casing.
    """
    words = text.split()
    done: list[str] = []
    is_open = {'"': False, "'": False}
    glue = False
    i = 0
    while i < len(words):
        word, rest = words[i], words[i + 1 :]
        after = rest[0] if rest else ""
        glued, glue = glue, False
        used = 1
        if word in _SPELLED:
            done.append(_SPELLED[word])
        elif word == "'" and done and done[-1].endswith("n") and after == "t":
            done[-1] = done[-1][:-1]
            done.append("n't")
            used = 2
        elif word == "'" and after in ("s", "d", "ll"):
            done.append("'" + after)
            used = 2
        elif word in is_open:
            single = word == "'"
            done.append(("'" if single else "''") if is_open[word] else ("`" if single else "``"))
            is_open[word] = not is_open[word]
        elif word == "." and rest[:2] == [".", "."]:
            done.append("...")
            used = 3
        elif word == "," and done and rest and _is_number(done[-1]) and _is_number(after):
            done[-1] += "," + after
            used = 2
        elif word == "." and done and done[-1].isdigit() and after.isdigit():
            done[-1] += "." + after
            used = 2
        elif word == "-":
            if after == "-":
                done.append("--")
                used = 2
            elif not rest or i == 0 or done[-1] in string.punctuation or after[0] in string.punctuation:
                done.append("-")
            else:
                done[-1] += "-"
                glue = True
        elif glued and word[0] not in string.punctuation:
            done[-1] += word
        else:
            done.append(word)
        i += used
    return " ".join(done)


def _is_number(word: str) -> bool:
    return all(character.isdigit() or character == "," for character in word)
