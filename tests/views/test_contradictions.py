"""Why published values of one system differ: known differences, silence, and what rules alone do to the same replies."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.data import catalog
from harness.errors import UsageError
from harness.metrics.base import Measure, Metric, Statistics
from harness.runs.record import read
from harness.stats.bootstrap import Bootstrap
from harness.stats.two_rules import effect
from harness.views import contradictions, explained, protocol, source_facts, systems
from harness.views.csv_rows import table
from harness.views.published import Reported, read_other, read_reported
from tests.views.support import RESULTS

QUESTIONS = {"vqa_rad", "slake_en", "path_vqa"}


def of(task: str, system: str, quantity: str = "accuracy", part: str = "all") -> contradictions.Contradiction:
    numbers = [number for number in read_reported() if (number.task, number.system) == (task, system)]
    (found,) = [one for one in contradictions.of_numbers(numbers) if (one.quantity, one.slice) == (quantity, part)]
    return found


def test_lingshu_on_slake_has_three_values_and_two_judges() -> None:
    """Lingshu, Table 6: 83.1; HealthGPT-Pro's README: 81.9; MedMO's README: 33.2, with another judge, as its section on evaluation says."""
    one = of("slake_en", "Lingshu-7B")
    assert [number.value for number in one.values] == [0.332, 0.819, 0.831]
    assert one.spread == pytest.approx(0.499)
    assert not one.within_rounding
    assert contradictions.told(one.known) == (
        "judge: gpt-5-mini-2025-08-07 (1) against gpt-4.1-2025-04-14, the default of the code (3), 2 silent;"
        " measured by: others (1, 2) against the system's authors (3)"
    )
    rule = next(found for found in one.one_sided if found.aspect == "rule")
    assert (rule.says, rule.silent) == ((("accuracy/medevalkit", (1, 3)),), (2,))


def test_tuned_and_untuned_checkpoints_of_one_name_differ_in_tuning() -> None:
    known = {found.aspect: dict(found.says) for found in of("vqa_rad", "LLaVA-Med").known}
    assert known["tuning"] == {"none for the task": (1, 2), "on the task's train split": (3,)}
    assert set(known) == {"rule", "open answers", "tuning"}


def test_what_one_source_states_and_another_does_not_is_known_of_one_side() -> None:
    """Hulu-Med's authors published the code of their evaluation; HealthGPT-Pro's README prints values alone."""
    one = of("path_vqa", "Hulu-Med-32B")
    assert [found.aspect for found in one.known] == ["measured by"]
    assert contradictions.told(one.one_sided) == (
        "examples: test of the Hub's copy (6,719) (1), 2 silent; open answers: judged (1), 2 silent; closed answers: judged (1), 2 silent;"
        " judge: gpt-4.1-2025-04-14, the default of the code (1), 2 silent; prompt: MedEvalKit's, without a chain of thought (1), 2 silent;"
        " shots: none (1), 2 silent"
    )
    assert one.silent == ("n", "rule", "answers", "pictures", "repetitions")


def test_every_statement_on_a_source_is_of_rows_that_there_are() -> None:
    known = {(number.source_title, number.task, number.slice) for number in read_reported()}
    systems_of = {(number.source_title, number.system) for number in read_reported()}
    for fact in table(source_facts.FILE, source_facts.SourceFact):
        assert any((fact.source_title, fact.task) == row[:2] and fact.slice in ("any", row[2]) for row in known), fact
        assert not fact.system or (fact.source_title, fact.system) in systems_of, fact
        assert fact.aspect in protocol.ASPECTS
        assert fact.says
        assert fact.read_in


def test_every_fact_on_a_system_is_of_one_that_there_is_and_says_where_it_was_read() -> None:
    known = {row.system for row in read_reported()} | {row.system for row in read_other()}
    facts = table(systems.FACTS, systems.SystemFact)
    assert {fact.system for fact in facts} <= known
    assert [fact.system for fact in facts] == sorted((fact.system for fact in facts), key=str.lower)
    assert all(fact.read_in for fact in facts if fact.parameters or fact.weights)


def test_the_wide_contradictions_in_question_answering() -> None:
    """Of 45 systems with several values of the whole test, 31 differ by more than two points; of these 13 by more than ten."""
    numbers = [number for number in read_reported() if number.task in QUESTIONS and number.slice == "all" and number.split == "test"]
    found = [one for one in contradictions.of_numbers(numbers) if one.quantity == "accuracy"]
    wide = [one for one in found if one.spread > 0.02]
    assert (len(found), len(wide), sum(one.spread > 0.1 for one in wide)) == (45, 31, 13)
    tally = contradictions.tally(wide)
    assert (tally.known, tally.one_sided, tally.silent, tally.by_others) == (14, 17, 0, 15)


def test_every_phrase_that_is_read_stands_in_a_note() -> None:
    phrases = {phrase for number in read_reported() for phrase in number.note.split("; ")}
    assert set(protocol.PHRASES) <= phrases
    assert {aspect for aspect, _ in protocol.PHRASES.values()} <= set(protocol.ASPECTS)


def test_sizes_of_pictures_and_guesses_are_no_contradiction_and_what_rounds_to_one_is_said_to_be_one() -> None:
    numbers = [number for number in read_reported() if number.system == "VGG16 (end to end)" and number.task == "octmnist"]
    assert len(numbers) > 4
    assert contradictions.of_numbers(numbers) == []
    guessed: list[Reported] = [replace(number, confidence="guess") for number in of("slake_en", "Lingshu-7B").values]
    assert contradictions.of_numbers(guessed) == []
    first = next(number for number in read_reported() if number.task == "meqsum" and number.spread is None)
    (one,) = contradictions.of_numbers([first, replace(first, value=first.value + 0.00004, source_title="Another")])
    assert one.within_rounding


@pytest.mark.parametrize(
    ("typed", "system"),
    [
        ("lingshu 7b", "Lingshu-7B"),
        ("google/medgemma-4b-it", "MedGemma 4B IT"),
        ("Qwen2.5-VL-7B-Instruct", "Qwen2.5VL-7B"),
        ("biomedgpt-b", "BiomedGPT-B"),
    ],
)
def test_a_system_is_found_in_any_spelling_and_by_its_other_names(typed: str, system: str) -> None:
    assert systems.named(typed, {number.system for number in read_reported()}) == system


def test_an_unknown_system_is_refused_with_those_it_may_be() -> None:
    with pytest.raises(UsageError, match="Did you mean Lingshu-7B"):
        systems.named("Lingsu-7B", ["Lingshu-7B", "R2Gen"])


def test_every_alias_leads_to_a_published_system_and_is_none_itself() -> None:
    known = {number.system for number in read_reported()}
    aliases = table(systems.ALIASES, systems.Alias)
    assert {alias.system for alias in aliases} <= known
    assert not {systems.plain(alias.alias) for alias in aliases} & {systems.plain(system) for system in known}
    assert [alias.alias for alias in aliases] == sorted(alias.alias for alias in aliases)


def _value(column: int) -> Any:
    return lambda statistics, weights: weights @ statistics.table[:, column] / weights.sum(axis=1)


def test_an_effect_and_its_interval_are_those_of_the_same_draws() -> None:
    """Right by the first rule 2 of 4, by the second 3 of 4; a rule beside itself has an effect of 0 in every draw."""
    measure = Measure(name="invented", run=lambda *_: None)  # type: ignore[arg-type]
    made = {"unit": "fraction", "higher_is_better": True, "summary": "Invented.", "source": "none", "options": {}}
    strict, loose = (Metric(name="right", variant=name, measure=measure, value=_value(column), **made) for column, name in enumerate("ab"))  # type: ignore[arg-type]
    table = Statistics(names=("strict", "loose"), table=np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]))
    given = {"rows": np.ones(4, dtype=np.bool_), "groups": ["p", "q", "r", "s"], "plan": Bootstrap(resamples=200)}
    found = effect((strict, table), (loose, table), **given)  # type: ignore[arg-type]
    assert found is not None
    assert (found.first, found.second, found.value, found.n, found.n_groups) == (0.5, 0.75, 0.25, 4, 4)
    assert (found.low, found.high) == (0.0, 0.75)
    same = effect((strict, table), (strict, table), **given)  # type: ignore[arg-type]
    assert same is not None
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    alone = effect((strict, table), (loose, table), **{**given, "groups": ["p"] * 4})  # type: ignore[arg-type]
    assert alone is not None
    assert (alone.low, alone.high) == (None, None)


def test_rules_alone_move_the_replies_of_a_run_on_vqa_rad() -> None:
    """The committed run of the nearest-neighbour baseline, 451 questions: its values under each rule are those of its record."""
    record = read(next((RESULTS / "vqa_rad").glob("nearest-*/test-*")))
    found = {one.second: one.effect for one in explained.effects([(record, "nearest")], catalog.task("vqa_rad"))}
    scored = {f"{e.metric}/{e.variant}": e.value for e in record.estimates if e.slice == "all"}
    assert set(found) == {"exact_match/biomedgpt", "accuracy/llava_med", "accuracy/multimedeval", "accuracy/medevalkit"}
    for rule, one in found.items():
        assert (one.first, one.second) == pytest.approx((scored["exact_match/canonical"], scored[rule]))
        assert one.value == pytest.approx(one.second - one.first)
        assert one.low is not None
        assert one.high is not None
        assert one.low <= one.value <= one.high


def test_the_rules_of_two_published_values_are_set_against_each_other() -> None:
    """LLaVA-Med on VQA-RAD: 53.7 by MedEvalKit's rule, 75.8 by its own; the nearest neighbour's replies have 36.59 and 38.14."""
    found = explained.explained("vqa_rad", "LLaVA-Med", metric="accuracy")
    measured = explained.measured(found, [RESULTS / "vqa_rad"])
    between = {(one.first, one.second): one.effect for one in measured if one.name == "nearest" and one.first != "exact_match/canonical"}
    assert set(between) == {("accuracy/medevalkit", "accuracy/llava_med")}
    [one] = between.values()
    assert (round(one.first, 4), round(one.second, 4)) == (0.3659, 0.3814)


def test_contradictions_are_plain_json() -> None:
    content = json.loads(json.dumps(of("slake_en", "Lingshu-7B").as_json()))
    assert content["differences"][0]["aspect"] == "examples"
    assert [value["printed"] for value in content["values"]] == ["33.2", "81.9", "83.1"]
