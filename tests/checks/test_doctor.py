"""The doctor: each state of a release, made on purpose, and the one step it names."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.checks import machine, readiness
from harness.checks.readiness import Readiness
from harness.data import catalog, counts, examples
from harness.data.examples import SAMPLES


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data root that holds the invented VQA-RAD as if it were the release."""
    shutil.copytree(SAMPLES / "vqa_rad", tmp_path / "data" / "vqa_rad")
    return tmp_path / "data"


def look(name: str, root: Path | None, *, deep: bool = False) -> Readiness:
    [found] = readiness.diagnose([name], data_root=root, deep=deep)
    return found


def test_every_task_and_variant_is_looked_at() -> None:
    names = readiness.everything()
    assert names[0] == "vqa_rad"
    assert {"iu_xray@r2gen", "pneumoniamnist@224"} <= set(names)
    assert len(readiness.diagnose(names, data_root=None)) == len(names)


def test_a_list_of_tasks_has_one_entry_each_and_names_the_variants_that_are_ready(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "iu_xray", tmp_path / "iu_xray", ignore=shutil.ignore_patterns("ecgen-radiology"))
    found = readiness.folded(readiness.diagnose(["iu_xray", "iu_xray@r2gen", "mednli"], data_root=tmp_path))
    assert [(item.task, item.ready, item.notes) for item in found] == [("iu_xray", False, ("ready: @r2gen",)), ("mednli", False, ())]


def test_a_variant_that_is_damaged_is_named_in_the_list_of_tasks(tmp_path: Path) -> None:
    (tmp_path / "medmnist").mkdir()
    shutil.copy(SAMPLES / "medmnist" / "bloodmnist_64.npz", tmp_path / "medmnist")
    [found] = readiness.folded(readiness.diagnose(["bloodmnist", "bloodmnist@64", "bloodmnist@128"], data_root=tmp_path))
    assert (found.ready, found.notes) == (False, ("damaged: @64",))


def test_deep_misses_a_picture_of_the_last_row(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "differences", lambda *_: [])
    assert look("vqa_rad", root, deep=True).ready
    image = examples.load(catalog.task("vqa_rad"), data_root=root).examples[-1].input.images[0]
    Path(image.name).unlink()
    assert look("vqa_rad", root).ready
    found = look("vqa_rad", root, deep=True)
    assert (found.ready, found.missing) == (False, "file")
    assert image.name in found.step


@pytest.mark.parametrize(
    ("name", "missing", "step"),
    [
        ("bloodmnist", "download", "harness fetch bloodmnist --data-root ROOT"),
        ("iu_xray@r2gen", "by hand", "harness show iu_xray@r2gen"),
        ("mednli", "agreement", "needs credentialed access and a signed agreement: harness show mednli"),
        ("seer_treatment", "agreement", "is given on application"),
    ],
)
def test_a_folder_that_is_absent_names_the_way_to_its_release(root: Path, name: str, missing: str, step: str) -> None:
    for place, called in ((root, str(root)), (root / "nowhere", str(root / "nowhere")), (None, "DATA_ROOT")):
        found = look(name, place)
        assert (found.ready, found.checked, found.missing) == (False, "not at all", missing)
        assert step.replace("ROOT", called) in found.step


def test_a_release_is_ready_when_its_first_row_was_read(root: Path) -> None:
    found = look("vqa_rad", root)
    assert (found.ready, found.checked, found.missing, found.step) == (True, "opened", "", "")


def _cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:500])


def _without_pictures(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


TABLE = "vqa_rad/VQA_RAD Dataset Public.json"
STATES: dict[str, tuple[str, str, Callable[[Path], object], str, str]] = {
    "a file cut off": ("vqa_rad", TABLE, _cut_off, "damaged", "not JSON"),
    "no pictures": ("vqa_rad", "vqa_rad/VQA_RAD Image Folder", _without_pictures, "file", "is the picture archive fully extracted?"),
    "no file, by hand": ("mednli", "mednli/mli_test_v1.jsonl", Path.unlink, "file", "ROOT/mednli/mli_test_v1.jsonl"),
    "no file, of a download": (
        "vqa_rad", TABLE, Path.unlink, "download", "harness fetch vqa_rad --data-root ROOT (brings VQA_RAD Dataset Public.json)",
    ),
    "another checksum": ("pneumoniamnist", "", Path.exists, "damaged", "the release's is 28209eda62fecd6e6a2d98b1501bb15f"),
    "another checksum, deep": ("pneumoniamnist", "", Path.exists, "damaged", "the release's is 28209eda62fecd6e6a2d98b1501bb15f"),
    "another number of rows, deep": ("vqa_rad", "", Path.exists, "damaged", "this is not the release the card describes"),
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_a_release_that_is_not_as_it_should_be_is_named(root: Path, state: str) -> None:
    name, file, spoil, missing, step = STATES[state]
    folder = catalog.card(name).folder
    shutil.copytree(SAMPLES / folder, root / folder, dirs_exist_ok=True)
    spoil(root / file)
    found = look(name, root, deep=state.endswith("deep"))
    assert (found.ready, found.checked, found.missing) == (False, "opened", missing)
    assert step.replace("ROOT", str(root)) in found.step


def test_part_of_a_release_is_ready_with_a_note(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "trec_ct_2022", tmp_path / "trec_ct_2022")
    corpus = tmp_path / "trec_ct_2022" / "corpus.jsonl"
    corpus.write_text("".join(corpus.read_text().splitlines(keepends=True)[:-1]))
    found = look("trec_ct_2022", tmp_path)
    assert found.ready
    assert "judged trials" in found.notes[0]
    assert found.notes[1] == "a run is not ranked"


def test_metrics_that_need_java_are_noted_where_there_is_none(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "iu_xray", tmp_path / "iu_xray")
    found = look("iu_xray", tmp_path)
    assert found.ready
    assert found.notes == ("meteor not computed: Java absent",)


def test_a_card_that_cannot_be_read_is_a_line_of_the_table(tmp_path: Path) -> None:
    (tmp_path / "vqa").mkdir()
    (tmp_path / "vqa" / "mine.toml").write_text("name = ")
    assert "mine" in readiness.everything([tmp_path])
    [found] = readiness.diagnose(["mine"], data_root=None, task_dirs=[tmp_path])
    assert (found.missing, found.ready) == ("adapter", False)
    assert "not a TOML file" in found.step


def test_the_machine_is_described(tmp_path: Path) -> None:
    found = {tool.name: tool for tool in machine.tools(tmp_path)}
    assert {"harness", "data root", "Java", "torch", "pydicom", "cache"} <= set(found)
    assert found["data root"].found
    assert not found["Java"].found
    assert "biomed-harness[java]" in found["Java"].detail
    assert found["cache"].found
