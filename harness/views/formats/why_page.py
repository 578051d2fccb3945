"""Why published values differ, as Markdown: the table of all, a section for each system, the measured effects of rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.views import contradictions, protocol, wording
from harness.views.contradictions import Contradiction
from harness.views.explained import RuleEffect
from harness.views.formats.tables import line, plain


def table(side_by_side: Iterable[Contradiction]) -> list[str]:
    """A row for each system: its values, how far they lie apart, what is known to differ, what one side alone states."""
    heads = ["task", "system", "values, lowest first", "apart", "known to differ", "one side alone states"]
    return [line(heads), line(["---", "---", "---", "---:", "---", "---"]), *map(_row, side_by_side)]


def _row(one: Contradiction) -> str:
    shown = ", ".join(f"{wording.value(number.value, number.unit)} ({plain(number.source_title)})" for number in one.values)
    score = "" if (one.quantity, one.slice) == ("accuracy", "all") else f" ({plain(contradictions.score(one))})"
    apart = wording.value(one.spread, one.unit)
    known, one_sided = (plain(contradictions.told(differences)) or "–" for differences in (one.known, one.one_sided))
    return line([one.task, plain(one.system) + score, shown, apart, known, one_sided])


def effects(rule_effects: Iterable[RuleEffect]) -> list[str]:
    """A row for each rule: its value on the same replies, and the change with its interval."""
    rows = [
        line(
            [
                f"`{one.second}`",
                wording.value(one.effect.second, one.unit),
                wording.signed(one.effect.value, one.unit),
                wording.interval(one.effect.low, one.effect.high, one.unit, difference=True),
            ]
        )
        for one in rule_effects
    ]
    return [line(["rule", "value", "change", "95 % interval"]), line(["---", "---:", "---:", "---"]), *rows]


def to_markdown(side_by_side: Sequence[Contradiction], measured: Sequence[RuleEffect], *, single: bool) -> str:
    """The page.

    Args:
        side_by_side: The published values.
        measured: What rules alone do to replies at hand.
        single: A section for each instead of the table of all.
    """
    parts = ["# Why published values differ", ""]
    if single:
        parts += [text for one in side_by_side for text in _section(one)]
    else:
        parts += [f"{plain(str(contradictions.tally(side_by_side)))}.", "", *table(side_by_side), ""]
    for name, first in dict.fromkeys((f"{one.task}, {one.name}", one.first) for one in measured):
        own = [one for one in measured if (f"{one.task}, {one.name}", one.first) == (name, first)]
        value = wording.value(own[0].effect.first, own[0].unit)
        parts += [f"## The same replies under other rules: {plain(name)}", "", f"{value} under `{first}`.", "", *effects(own), ""]
    return "\n".join(parts)


def _section(one: Contradiction) -> list[str]:
    aspects = [aspect for aspect in protocol.ASPECTS if any(protocol.stated(number)[aspect] for number in one.values)]
    rows = [
        line(
            [
                str(place),
                wording.value(number.value, number.unit),
                plain(", ".join(part for part in (number.source_title, number.source_id, number.source_table) if part)),
                *(plain(protocol.stated(number)[aspect]) or "–" for aspect in aspects),
                plain(number.note),
            ]
        )
        for place, number in enumerate(one.values, start=1)
    ]
    heads = ["", "value", "source", *aspects, "note"]
    apart = f"{len(one.values)} values, {wording.value(one.spread, one.unit)} apart." if len(one.values) > 1 else "One value."
    bullets = [
        *(f"- known to differ: {plain(contradictions.told([known]))}" for known in one.known),
        *(f"- one side states: {plain(contradictions.told([known]))}" for known in one.one_sided),
        f"- all silent on: {', '.join(one.silent) or 'nothing'}",
    ]
    return [
        f"## {one.task} · {plain(one.system)} · {plain(contradictions.score(one))}",
        "",
        apart,
        "",
        line(heads),
        line(["---", "---:", *["---"] * (len(heads) - 2)]),
        *rows,
        "",
        *(bullets if len(one.values) > 1 else ()),
        "",
    ]
