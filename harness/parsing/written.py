"""How options and sets of labels are written, in prompts and in targets alike."""

from __future__ import annotations

LETTERS = 26
"""As many options have letters; where there are more, none has one."""
SEPARATOR = "; "
"""Between the labels of one target or prediction where any number may hold; a label may hold a comma, and none holds this."""
