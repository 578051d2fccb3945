"""Published values side by side as people read them: each with its protocol, what is known to differ, what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from rich.padding import Padding
from rich.text import Text

from harness.console import grid
from harness.console.base import line, out
from harness.views import contradictions, protocol, wording
from harness.views.claims import Claim
from harness.views.contradictions import Contradiction
from harness.views.explained import RuleEffect
from harness.views.protocol import Difference
from harness.views.published_pair import Pair


def print_one(one: Contradiction) -> None:
    """The values of one system with their protocols, lowest first, and the aspects in which these differ."""
    console = out()
    spread = f"{len(one.values)} values, {_points(one)} apart" if len(one.values) > 1 else "one value"
    console.print(Text(f"\n{one.task} · {one.system} · {one.quantity} {one.slice}", style="bold"), Text(spread, style="dim"))
    rows: list[tuple[grid.Content, ...]] = []
    for place, number in enumerate(one.values, start=1):
        says = ", ".join(f"{aspect}: {words}" for aspect, words in protocol.stated(number).items() if words)
        where = ", ".join(part for part in (number.source_title, number.source_id, number.source_table) if part)
        shown = wording.value(number.value, number.unit)
        told = [says or "the source is silent on its protocol", *([f"note: {number.note}"] if number.note else [])]
        below = Text("".join(f"\n{text}" for text in told), style="dim")
        rows.append((Text(str(place), style="dim"), Text(shown, style="bold"), Text.assemble(where, below)))
    grid.show([grid.Column(right=True), grid.Column(right=True), grid.Column(prose=True)], rows, indent=2)
    if len(one.values) == 1:
        return
    if one.within_rounding:
        console.print(Text("  one value, by their printed digits, spreads and sampling error", style="green"))
    facts: list[tuple[grid.Content, grid.Content]] = [
        *((Text("known to differ", style="cyan"), contradictions.told([difference])) for difference in one.known),
        *(("one side states", contradictions.told([difference])) for difference in one.one_sided),
        ("all silent on", ", ".join(one.silent) or "nothing"),
    ]
    grid.facts(facts, indent=2)


def print_all(widest_first: Sequence[Contradiction], most: int) -> None:
    """The table of contradictions, widest first."""
    several = len({one.task for one in widest_first}) > 1
    of = grid.columns(
        *(["task"] if several else []),
        "system",
        "values",
        "apart",
        "known to differ",
        "one side states",
        right=("apart",),
        prose=("system", "known to differ", "one side states"),
        leaves=("one side states", "values"),
    )
    rows = [
        [
            *([one.task] if several else []),
            one.system if (one.quantity, one.slice) == ("accuracy", "all") else f"{one.system} ({contradictions.score(one)})",
            contradictions.values(one),
            _points(one),
            _aspects(one.known),
            _aspects(one.one_sided),
        ]
        for one in widest_first[:most]
    ]
    grid.show(of, rows, wide="--json, --to markdown")
    _print_rest(len(widest_first), most)
    line(f"{contradictions.tally(widest_first)}", indent=2)


def _print_rest(n: int, most: int) -> None:
    """How many rows a table leaves out, and how to see them."""
    if n > most:
        line(f"and {n - most} more: --most {n}, or --json", indent=2, style="dim")


def _aspects(differences: Sequence[Difference]) -> str:
    return ", ".join(one.aspect for one in differences) or "–"


def print_effects(effects: Sequence[RuleEffect], most: int) -> None:
    """What rules alone do to the same replies; of many, so many and how to see the others."""
    console = out()
    if not effects:
        line("no run at hand was scored under two of these rules: no effect is measured", indent=2, style="dim")
        return
    console.print(Text("\nmeasured: the same replies under another rule", style="bold"))
    groups: dict[tuple[str, str, str], list[RuleEffect]] = {}
    for one in effects[:most]:
        groups.setdefault((one.task, one.name, one.first), []).append(one)
    for (task, name, first), own in groups.items():
        line(f"{task} · {name}: {wording.value(own[0].effect.first, own[0].unit)} under {first}", indent=2)
        rows = []
        for one in own:
            effect = one.effect
            bounds = wording.interval(effect.low, effect.high, one.unit, difference=True)
            rows.append((one.second, wording.value(effect.second, one.unit), wording.signed(effect.value, one.unit), bounds))
        grid.show([grid.Column(), grid.Column(right=True), grid.Column(right=True), grid.Column()], rows, indent=4)
    _print_rest(len(effects), most)


def print_claims(claims: Sequence[Claim]) -> None:
    """Claims with their answers, and the rows that these rest on."""
    console = out()
    for claim in claims:
        console.print()
        line(Text.assemble((claim.claim, "bold"), (f" {claim.source}", "dim")))
        console.print(Padding(Text(claim.answer, style="cyan"), (0, 0, 0, 2)))
        for row in claim.rows:
            console.print(Padding(Text(row, style="dim"), (0, 0, 0, 4)))


def _points(one: Contradiction) -> str:
    return wording.value(one.spread, one.unit)


def print_pairs(pairs: Sequence[Pair], most: int) -> None:
    """A row for each value of both: the values, their difference, and what stands between them."""
    first, second = pairs[0].first.system, pairs[0].second.system
    line(f"{second} beside {first}, as published", style="bold")
    of = grid.columns(
        "task",
        "metric",
        first,
        second,
        "difference",
        "sources",
        "protocols",
        right=(first, second, "difference"),
        prose=("sources", "protocols"),
        leaves=("sources", "protocols"),
    )
    rows = [
        [
            pair.task,
            pair.quantity if pair.slice == "all" else f"{pair.quantity} {pair.slice}",
            wording.value(pair.first.value, pair.unit),
            wording.value(pair.second.value, pair.unit),
            wording.signed(pair.change, pair.unit),
            _sources(pair),
            _protocols(pair),
        ]
        for pair in pairs[:most]
    ]
    grid.show(of, rows, wide="--json")
    _print_rest(len(pairs), most)
    alike = sum(pair.same_source for pair in pairs)
    line(f"{alike} of {len(pairs)} pairs are of one source and protocol; no test can be made: published values have no samples", indent=2)


def _sources(pair: Pair) -> str:
    one, other = pair.first.source_title, pair.second.source_title
    return one if one == other else f"{one} against {other}"


def _protocols(pair: Pair) -> str:
    if pair.same_source:
        return "one source, nothing known to differ"
    known = contradictions.told(pair.known)
    return known or "not known to be the same: " + (", ".join(one.aspect for one in pair.one_sided) or "all silent")
