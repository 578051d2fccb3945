"""Cards and the catalog: what exists, and what a malformed card is told."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import cards
from harness.data import catalog, examples
from harness.errors import AdapterError, PrerequisiteError, UsageError

OWN = Path(catalog.TASKS / "vqa" / "vqa_rad.toml")


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = OWN.read_text()
    assert old in text
    path = tmp_path / "vqa_rad.toml"
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('licence = "CC0 1.0"\n', "", "lacks 'licence'"),
        ('group = "image"', 'group = "image"\ncolour = "blue"', "unknown key 'colour'"),
        (
            'family = "vqa"',
            'family = "quiz"',
            "family: must be one of captioning, classification, summarization, understanding, vqa, not 'quiz'",
        ),
        ('access = "open"', 'access = "free"', "access: must be one of application, credentialed, open, registration, not 'free'"),
        ("version = 2", 'version = "1"', "version: must be a whole number above 0, not '1'"),
        ('title = "VQA-RAD"', 'title = ""', "title: must be a text, not ''"),
        ("n = 451", 'n = "451"', "splits.test.n: must be a whole number above 0, not '451'"),
        ("n = 451", "size = 451", "splits.test: unknown key 'size'; known are n, counts, groups, select"),
        ("[splits.test]", "[splits.other]", r"there is no \[splits.test\]"),
        ("[source]", "[source", "not a TOML file"),
        ("version = 2", "version = true", "version: must be a whole number above 0, not True"),
        ("n = 451", "n = -1", "splits.test.n: must be a whole number above 0, not -1"),
        ('reader = "json"\n', "", "source: lacks 'reader'"),
        ('group = "image"', 'group = "image"\nlabels = "ab"', "labels: expected list, got str"),
        ('group = "image"', 'group = "image"\nlabels = ["a", "a"]', "labels: must be different texts"),
        ('group = "image"', 'group = "image"\nfacts = 3', "facts: expected table, got int"),
        ('group = "image"', 'group = "image"\npaper_split_known = "no"', "paper_split_known: expected bool, got str"),
        ("closed = 272", 'closed = "272"', "splits.test.counts.answer_type.closed: must be a whole number, not '272'"),
        ('folder = "vqa_rad"', 'folder = "../vqa_rad"', "folder: must be small letters, digits and underscores, not '../vqa_rad'"),
        ("[source]", "[variants]\nother = 3\n[source]", "variants: other: expected table, got int"),
    ],
)
def test_a_malformed_card_is_told_its_file_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(AdapterError, match=message) as caught:
        cards.read_card(changed(tmp_path, old, new))
    assert "vqa_rad.toml" in str(caught.value)


def test_a_variant_overrides_what_it_names_and_keeps_the_rest() -> None:
    plain, other = catalog.card("iu_xray"), catalog.card("iu_xray@r2gen")
    assert (plain.full_name, other.full_name) == ("iu_xray", "iu_xray@r2gen")
    assert other.splits["test"].n == 590
    assert other.licence == plain.licence


def of_release(tmp_path: Path, release: str, card: str = "") -> Path:
    """PneumoniaMNIST's card with a key more, on what MedMNIST shares and files of the test's own."""
    own = (catalog.TASKS / "classification" / "pneumoniamnist.toml").read_text()
    shared = (catalog.TASKS / "releases" / "medmnist.toml").read_text().split("[files.")[0]
    (tmp_path / "classification").mkdir()
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / "medmnist.toml").write_text(shared + release)
    path = tmp_path / "classification" / "pneumoniamnist.toml"
    path.write_text(own.replace("[splits]", f"{card}\n[splits]"))
    return path


FILES = '[files.pneumoniamnist]\n"" = { file = "p.npz", md5 = "ab" }\n64 = { file = "p_64.npz", md5 = "cd", shape = [64, 64] }\n'


def test_a_card_stands_on_what_its_release_shares_and_has_a_variant_for_each_further_file(tmp_path: Path) -> None:
    path = of_release(tmp_path, FILES, 'licence = "its own"')
    plain, larger = cards.read_card(path), cards.read_card(path, "64")
    assert (plain.licence, plain.folder, plain.variants) == ("its own", "medmnist", ("64",))
    assert plain.splits["test"] == cards.Split(n=624, counts={"label": {"normal": 234, "pneumonia": 390}}, select={"part": "test"})
    assert (larger.licence, larger.title, larger.splits) == ("its own", "PneumoniaMNIST, 64x64", plain.splits)
    assert larger.source == {
        "reader": "npz", "file": "p_64.npz", "md5": "cd", "shape": [64, 64],
        "url": "https://zenodo.org/records/10519652/files/p_64.npz?download=1",
    }  # fmt: skip
    assert "harness fetch pneumoniamnist@64 " in larger.obtain
    assert "harness fetch pneumoniamnist " in plain.obtain


@pytest.mark.parametrize(
    ("release", "message"),
    [
        ("[files.other]\n", r"releases/medmnist\.toml: no files of the task of pneumoniamnist\.toml"),
        (FILES.replace("file = ", "name = "), r"releases/medmnist\.toml: .*\('file'\)"),
        ("[files", r"releases/medmnist\.toml: not a TOML file"),
        ("[files]\npneumoniamnist = 3\n", r"releases/medmnist\.toml: "),
    ],
)
def test_a_malformed_release_is_named(tmp_path: Path, release: str, message: str) -> None:
    with pytest.raises(AdapterError, match=message):
        cards.read_card(of_release(tmp_path, release))


@pytest.mark.parametrize(
    ("name", "message"),
    [("gone", r"releases/gone\.toml: cannot be read"), ("../vqa", "release: must be small letters, digits and underscores")],
)
def test_a_release_that_is_not_there_is_named(tmp_path: Path, name: str, message: str) -> None:
    path = of_release(tmp_path, FILES)
    path.write_text(path.read_text().replace('release = "medmnist"', f'release = "{name}"'))
    with pytest.raises(AdapterError, match=message):
        cards.read_card(path)


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["vqa_rad"], ("vqa_rad",)),
        (["meqsum", "vqa_rad", "meqsum"], ("meqsum", "vqa_rad")),
        (["iu_xray@r2gen"], ("iu_xray@r2gen",)),
        (["iu_xray@*"], ("iu_xray@r2gen", "iu_xray@rexrank")),
        (["vqa_r*"], ("vqa_rad",)),
    ],
)
def test_tasks_are_selected_by_name_variant_and_glob(patterns: list[str], expected: tuple[str, ...]) -> None:
    assert catalog.select(patterns) == expected


def test_groups_select_what_they_say() -> None:
    assert set(catalog.select(["all"])) <= set(catalog.PAPER)
    assert "trec_ct_2022" in catalog.select(["understanding"])
    assert "pneumoniamnist" in catalog.select(["medmnist"])
    assert {"vqa_rad", "meqsum"} <= set(catalog.select(["open"]))


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("vqa_rat", "unknown task 'vqa_rat'. Did you mean vqa_rad"),
        ("iu_xray@r2g", "unknown variant of iu_xray 'r2g'. Did you mean r2gen"),
        ("zzz*", "unknown task 'zzz"),
    ],
)
def test_an_unknown_name_is_answered_with_close_ones(pattern: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        catalog.select([pattern])


def test_no_pattern_is_an_error_and_not_everything() -> None:
    with pytest.raises(UsageError, match="no task is named"):
        catalog.select([])


ADAPTER = """
from harness.metrics import answers
from harness.types import Decoding, Example, Input, Task
def example(row):
    return Example(id=row["id"], input=Input(text=row["q"]), target=row["a"], group=row["id"], tags={"answer_type": "open"})
def task(card):
    return Task(card=card, example=example, prompt=lambda item: item.text, parse=lambda r, i: r.text or None, metrics=answers.VQA)
"""


@pytest.fixture
def own_tasks(tmp_path: Path) -> Path:
    """A folder of a user's own tasks: one card, one adapter, one sample."""
    folder = tmp_path / "mine"
    (folder / "vqa").mkdir(parents=True)
    card = OWN.read_text().split("[source]")[0].replace('"vqa_rad"', '"my_quiz"')
    source = '[source]\nreader = "jsonl"\nfile = "quiz.jsonl"\n[splits.test]\nn = 2\n'
    (folder / "vqa" / "my_quiz.toml").write_text(card + source)
    (folder / "vqa" / "my_quiz.py").write_text(ADAPTER)
    sample = folder / "samples" / "my_quiz"
    sample.mkdir(parents=True)
    (sample / "quiz.jsonl").write_text('{"id": "1", "q": "Really?", "a": "yes"}\n{"id": "2", "q": "Why?", "a": "because"}\n')
    (sample / "sample.toml").write_text("[my_quiz.test]\nn = 2\n")
    return folder


def test_a_folder_of_ones_own_tasks_is_found_and_read(own_tasks: Path) -> None:
    assert catalog.names([own_tasks])[-1] == "my_quiz"
    found = examples.load(catalog.task("my_quiz", [own_tasks]))
    assert [example.target for example in found.examples] == ["yes", "because"]


def test_an_own_task_cannot_take_the_name_of_a_built_in_one(own_tasks: Path) -> None:
    shutil.copy(OWN, own_tasks / "vqa" / "vqa_rad.toml")
    with pytest.raises(UsageError, match="a task called 'vqa_rad' exists already"):
        catalog.names([own_tasks])


def test_a_card_stands_under_its_own_name(own_tasks: Path) -> None:
    (own_tasks / "vqa" / "my_quiz.toml").rename(own_tasks / "vqa" / "quiz.toml")
    with pytest.raises(AdapterError, match=r"quiz\.toml: the card of 'my_quiz' is vqa/my_quiz\.toml; rename the file or the task"):
        catalog.card("quiz", [own_tasks])


@pytest.fixture
def plug_in(own_tasks: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The same folder inside an installed package without ``__init__.py``, announced as ``mine_for_test.mine``."""
    site = own_tasks.parent / "site"
    info = site / "mine-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[harness.tasks]\nmine = mine_for_test.mine\n")
    package = site / "mine_for_test"
    package.mkdir()
    own_tasks.rename(package / "mine")
    monkeypatch.syspath_prepend(str(site))
    yield package / "mine"
    for name in [name for name in sys.modules if name.startswith("mine_for_test")]:
        del sys.modules[name]


def test_a_plug_ins_tasks_stand_after_ours(plug_in: Path) -> None:
    assert catalog.names()[-1] == "my_quiz"
    assert [example.target for example in examples.load(catalog.task("my_quiz")).examples] == ["yes", "because"]


def test_listing_does_not_run_a_plug_ins_adapters(plug_in: Path) -> None:
    (plug_in / "vqa" / "my_quiz.py").write_text("raise SystemExit")
    assert catalog.card("my_quiz").title == "VQA-RAD"


def test_two_tasks_of_one_name_are_an_error_that_names_both_packages(plug_in: Path) -> None:
    shutil.copy(OWN, plug_in / "vqa" / "vqa_rad.toml")
    with pytest.raises(PrerequisiteError, match=r"task vqa_rad: biomed-harness and mine 1\.0 both bring one of that name; .* Uninstall"):
        catalog.card("vqa_rad")


def test_a_plug_ins_malformed_card_costs_one_warning_and_nothing_else(plug_in: Path) -> None:
    (plug_in / "vqa" / "broken.toml").write_text('name = "broken"\n')
    with pytest.warns(UserWarning, match=r"plug-in 'mine': .*broken\.toml: lacks"):
        names = catalog.names()
    assert "broken" not in names
    assert {"vqa_rad", "my_quiz"} <= set(names)


@pytest.mark.parametrize("entry", ["gone_for_test.tasks", "json.decoder"], ids=["not installed", "no folder"])
def test_a_plug_in_that_leads_nowhere_costs_one_warning_and_nothing_else(plug_in: Path, entry: str) -> None:
    [entries] = plug_in.parent.parent.glob("*.dist-info/entry_points.txt")
    entries.write_text(f"[harness.tasks]\nmine = {entry}\n")
    with pytest.warns(UserWarning, match=f"plug-in 'mine': {entry}"):
        assert "vqa_rad" in catalog.names()


@pytest.mark.parametrize(
    ("adapter", "message"),
    [
        ("import nonexistent_thing", r"my_quiz\.py: importing it raised ModuleNotFoundError"),
        ("", r"an adapter defines task\(card\)"),
        (ADAPTER.replace('row["a"]', 'row["a"][9]'), r"my_quiz: example\(\) raised IndexError on quiz.jsonl, line 1"),
    ],
    ids=["no module", "no task", "raises on a row"],
)
def test_an_adapter_at_fault_is_named(own_tasks: Path, adapter: str, message: str) -> None:
    (own_tasks / "vqa" / "my_quiz.py").write_text(adapter)
    with pytest.raises(AdapterError, match=message):
        examples.load(catalog.task("my_quiz", [own_tasks]))


def test_every_card_of_ours_says_what_an_id_is() -> None:
    cards = [catalog.card(name) for name in catalog.names()]
    forms = cards + [catalog.card(f"{card.name}@{variant}") for card in cards for variant in card.variants]
    assert [card.full_name for card in forms if not card.ids] == []
    assert "901 to 1000" in str(catalog.card("meqsum").ids)
    assert catalog.card("vqa_rad@hub").ids != catalog.card("vqa_rad").ids


def test_the_labels_that_a_release_numbers_are_the_card_s() -> None:
    numbered = {card.name for name in catalog.names() if (card := catalog.card(name)).numbered}
    assert {name for name in catalog.names() if catalog.card(name).folder == "medmnist"} < numbered
    assert not numbered & {"mednli", "seer_treatment", "cbis_ddsm_mass"}  # whose labels are words
