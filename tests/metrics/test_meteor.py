"""METEOR: the score from its statistics, and the client that asks the jar for them."""

from __future__ import annotations

import gzip
import itertools
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from harness.metrics.base import NotComputed, Statistics
from harness.metrics.texts import captions, java, meteor, meteor_lines, meteor_process, paraphrase_cutter, paraphrases
from harness.metrics.texts.treatments import Texts
from tests.metrics import samples as made

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "jars.json").read_text(encoding="utf-8"))
TABLE = np.array([[float(number) for number in case["statistics"].split()] for case in GOLDEN["meteor"]])
TEXTS = Texts(
    hypotheses=tuple(case["said"] for case in GOLDEN["meteor"]), expected=tuple(tuple(case["references"]) for case in GOLDEN["meteor"])
)


def test_segment_scores_are_those_that_meteor_prints() -> None:
    found = meteor.final(meteor.whole_matches_cost_nothing(TABLE))
    np.testing.assert_allclose(found, [case["segment"] for case in GOLDEN["meteor"]], rtol=0, atol=1e-12)


def test_the_corpus_score_is_the_one_that_meteor_prints() -> None:
    statistics = Statistics(names=meteor.COLUMNS, table=meteor.whole_matches_cost_nothing(TABLE))
    assert meteor.value(statistics, np.ones((1, len(TABLE))))[0] == pytest.approx(GOLDEN["meteor_corpus"], abs=1e-12)


def test_a_perfect_segment_has_one_chunk_and_pays_nothing_for_it() -> None:
    row = next(row for row, case in zip(TABLE, GOLDEN["meteor"], strict=True) if case["said"] in case["references"] and case["said"])
    assert row[20] == 1
    assert meteor.final(meteor.whole_matches_cost_nothing(row[None, :]))[0] == 1.0


def test_no_weight_has_no_value() -> None:
    assert np.isnan(meteor.value(Statistics(names=meteor.COLUMNS, table=TABLE), np.zeros((1, len(TABLE)))))[0]


@pytest.mark.parametrize(
    ("answer", "is_good"),
    [
        (" ".join(["1.0"] * 23), True),
        (" ".join(["1.0"] * 22), False),
        (" ".join(["1.0"] * 22 + ["NaN"]), False),
        (" ".join(["1.0"] * 22 + ["-1"]), False),
        ("Error: no such task", False),
        ("", False),
    ],
    ids=["23 numbers", "22 numbers", "NaN", "negative", "words", "nothing"],
)
def test_anything_but_23_numbers_is_no_answer(answer: str, is_good: bool) -> None:
    assert (meteor_lines.statistics(answer) is not None) is is_good


def test_a_separator_inside_a_text_does_not_split_it() -> None:
    assert meteor_lines.question("a ||| b", ["c|||d", "e\u2028f"]) == "SCORE ||| cd ||| e f ||| a b"


def test_without_java_it_is_not_computed() -> None:
    with pytest.raises(NotComputed, match="Java absent"):
        meteor.table(TEXTS)


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "biomed-harness"


@pytest.mark.slow
@pytest.mark.java
def test_the_jar_answers_as_it_did(cache_folder: Path) -> None:
    np.testing.assert_array_equal(meteor.table(TEXTS), TABLE)


@pytest.mark.java
@pytest.mark.usefixtures("few_paraphrases")
def test_what_is_known_is_not_asked_again_and_no_text_is_kept(cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = Texts(hypotheses=("mild cardiomegaly", "mild cardiomegaly"), expected=(("cardiomegaly is mild",), ("cardiomegaly is mild",)))
    first = meteor.table(texts)
    content = (cache_folder / "meteor_statistics.sqlite").read_bytes()
    assert b"cardiomegaly" not in content
    monkeypatch.setattr(meteor_process, "meteor", lambda: pytest.fail("asked again"))
    np.testing.assert_array_equal(meteor.table(texts), first)


@pytest.mark.java
@pytest.mark.usefixtures("few_paraphrases")
@pytest.mark.parametrize("damage", ["another file", "another entry"])
def test_a_damaged_cache_costs_time_and_not_the_score(cache_folder: Path, damage: str) -> None:
    texts = Texts(hypotheses=("lungs are clear",), expected=(("the lungs are clear",),))
    expected = meteor.table(texts)
    if damage == "another file":
        (cache_folder / "meteor_statistics.sqlite").write_bytes(b"no database" * 100)
    else:
        with closing(sqlite3.connect(cache_folder / "meteor_statistics.sqlite")) as database, database:
            database.execute("UPDATE meteor_statistics SET made = '1.0 2.0'")
        database.close()
    np.testing.assert_array_equal(meteor.table(texts), expected)


@pytest.mark.java
@pytest.mark.usefixtures("few_paraphrases")
def test_a_text_against_itself_scores_one() -> None:
    metric = next(metric for metric in captions.CAPTIONS if metric.name == "meteor")
    texts = ["the heart is mildly enlarged .", "no pleural effusion , 1.5 cm nodule", "lungs are clear"]
    assert made.value(metric, made.texts([(text, text) for text in texts])) == pytest.approx(1.0, abs=1e-9)


def client(folder: Path, **given: float) -> meteor_process.Meteor:
    """METEOR with two paraphrases; to read its own table takes seconds."""
    small = folder / "paraphrases.gz"
    small.write_bytes(gzip.compress(b"0.5\nclear\nfree\n"))
    return meteor_process.Meteor(paraphrases=small, **given)


@pytest.mark.java
def test_a_process_that_dies_is_replaced_and_every_answer_belongs_to_its_question(tmp_path: Path) -> None:
    asked = [meteor_lines.question("clear " * n, ["lungs clear"]) for n in range(1, 101)]
    meteor = client(tmp_path)
    found = []
    for answer in meteor.statistics(asked):
        found.append(answer)
        if len(found) in (1, 40):
            assert meteor._process is not None
            meteor._process.kill()
    assert [answer[0] for answer in found] == list(range(1, 101))  # the words said
    meteor.stop()


@pytest.mark.java
def test_who_stops_reading_leaves_no_answer_to_the_next(tmp_path: Path) -> None:
    meteor = client(tmp_path)
    with closing(meteor.statistics([meteor_lines.question("clear " * n, ["clear"]) for n in (1, 2, 3)])) as answers:
        assert next(answers)[0] == 1
    assert [answer[0] for answer in meteor.statistics([meteor_lines.question("a b c d", ["a"])])] == [4]
    meteor.stop()


@pytest.mark.java
def test_a_text_that_kills_it_twice_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meteor = client(tmp_path)
    monkeypatch.setattr(meteor_lines, "statistics", lambda answer: None)
    with pytest.raises(NotComputed, match="no statistics, twice, for a line of 5 words"):
        list(meteor.statistics([meteor_lines.question("a", ["b"])]))
    assert meteor._process is None


@pytest.mark.java
def test_no_answer_in_time_is_not_computed_and_leaves_no_process(tmp_path: Path) -> None:
    hasty = client(tmp_path, seconds_per_answer=0.01)  # starting takes longer
    with pytest.raises(NotComputed, match=r"longer than 0\.01 seconds for a line of 7 words"):
        list(hasty.statistics([meteor_lines.question("a b", ["a b"])]))
    assert hasty._process is None


def test_the_words_of_references_are_all_that_normalisation_may_make_of_them() -> None:
    found = paraphrases.words(["The U.S. x-ray, 3.2 cm (left)!", "patient's"])
    assert found >= {"the", "us", "u", "s", "x", "ray", "xray", "3", "2", "32", "cm", "left", "patient", "patients"}


def test_without_the_jar_there_is_no_table_and_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: str) -> Path:
        raise NotComputed("absent")

    monkeypatch.setattr(java, "jar", absent)
    assert paraphrases.cut(["lungs are clear"], tmp_path, make=True) is None


def test_an_entry_is_kept_where_either_phrase_can_be_in_a_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [("0.5", "is clear", "is free"), ("0.4", "heart", "cardiac"), ("0.3", "cardiac", "heart"), ("0.2", "it 's", "it is")]
    whole = tmp_path / "paraphrase-en.gz"
    whole.write_bytes(gzip.compress("".join(f"{a}\n{b}\n{c}\n" for a, b, c in entries).encode()))
    monkeypatch.setattr(java, "jar", lambda *_: whole)
    monkeypatch.setattr(paraphrases, "_LEAST", 1)
    path = paraphrases.cut(["the heart is large"], tmp_path, make=True)
    assert path is not None
    assert gzip.decompress(path.read_bytes()).decode().split("\n")[:-1] == [line for entry in entries[1:] for line in entry]
    assert paraphrases.cut(["Large is the heart"], tmp_path, make=False) == path  # the same words
    assert paraphrases.cut(["something else"], tmp_path, make=False) is None
    path.write_bytes(path.read_bytes()[:-9])
    assert paraphrases.cut(["the heart is large"], tmp_path, make=False) is None  # damaged: made again when it is worth it


def test_a_table_is_read_in_pieces_that_end_within_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tmp_path / "whole.gz"
    whole.write_bytes(gzip.compress(b"".join(b"0.%d\nheart %d\ncardiac\n" % (n, n) for n in range(100))))
    monkeypatch.setattr(paraphrase_cutter, "_PIECE", 7)
    assert list(paraphrase_cutter.entries(whole)) == [(b"0.%d" % n, b"heart %d" % n, b"cardiac") for n in range(100)]
    assert gzip.decompress(paraphrase_cutter.cut(whole, frozenset({b"heart", b"5"}), least=100)) == b"0.5\nheart 5\ncardiac\n"
    with pytest.raises(ValueError, match="100 entries, and a whole table has 101 at least"):
        paraphrase_cutter.cut(whole, frozenset(), least=101)


def test_a_table_that_is_damaged_or_lacks_a_line_is_not_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tmp_path / "paraphrase-en.gz"
    monkeypatch.setattr(java, "jar", lambda *_: whole)
    monkeypatch.setattr(paraphrases, "_LEAST", 1)
    sound = gzip.compress(b"0.5\nheart\ncardiac\n")
    for content in (gzip.compress(b"0.5\nheart\ncardiac\n0.4\nheart\n"), sound[:-9], b"no archive", b""):
        whole.write_bytes(content)
        assert paraphrases.cut(["the heart is large"], tmp_path, make=True) is None
    whole.write_bytes(sound)
    assert paraphrases.cut(["the heart is large"], tmp_path, make=True) is not None


@pytest.mark.java
def test_a_cut_table_gives_the_same_statistics(cache_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the first entries of METEOR's own table, which it reads in less time than all; of some of them, and of more texts."""
    whole = tmp_path / "whole.gz"
    entries = list(itertools.islice(paraphrase_cutter.entries(java.jar("meteor", "data", "paraphrase-en.gz")), 100_000))
    whole.write_bytes(gzip.compress(b"".join(b"%b\n%b\n%b\n" % entry for entry in entries), compresslevel=1))
    asked = [(one.decode(), (other.decode(),)) for _, other, one in entries[::1000]]
    said, expected = zip(*asked, *zip(TEXTS.hypotheses, TEXTS.expected, strict=True), strict=True)
    by_whole = meteor_process.Meteor(paraphrases=whole)
    known = np.array(list(by_whole.statistics([meteor_lines.question(*pair) for pair in zip(said, expected, strict=True)])))
    by_whole.stop()
    monkeypatch.setattr(java, "jar", lambda *parts, jar=java.jar: whole if parts[-1] == "paraphrase-en.gz" else jar(*parts))
    monkeypatch.setattr(meteor, "_WORTH_A_TABLE", 1)
    np.testing.assert_array_equal(meteor.table(Texts(hypotheses=said, expected=expected)), known)
    (cut,) = cache_folder.glob("paraphrases-*.gz")
    assert cut.stat().st_size < whole.stat().st_size / 2
    assert known[:, 16:20].sum() > 100  # words that only a paraphrase matches


@pytest.mark.java
def test_both_programs_leave_the_installed_package_as_it_is() -> None:
    """The package's own wrapper of the tokeniser writes its temporary files there."""
    folder = java.jar("tokenizer", "stanford-corenlp-3.4.1.jar").parent
    before = folder.stat().st_mtime_ns
    java.ptb_tokens(("a text that no other test has", "1.5 mm"))
    assert folder.stat().st_mtime_ns == before
