"""ReXrank's split files: NaN for what is absent, the key picture first, damage named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.data import catalog, examples
from harness.data.examples import SAMPLES
from harness.errors import CorruptData

FILE = "ReXRank_IUXray_test.json"


def edited(root: Path, **fields: Any) -> Path:
    """A copy of the invented release with fields of its first study changed."""
    shutil.copytree(SAMPLES / "iu_xray", root / "iu_xray")
    path = root / "iu_xray" / FILE
    content = json.loads(path.read_text(encoding="utf-8"))
    next(iter(content.values())).update(fields)
    path.write_text(json.dumps(content), encoding="utf-8")
    return root


def test_the_key_picture_stands_first_and_findings_are_the_target() -> None:
    found = examples.load(catalog.task("iu_xray@rexrank")).examples
    names = [[Path(image.name).name for image in example.input.images] for example in found]
    assert names == [["0.png", "1.png"], ["1.png", "0.png"]] * 2 + [["0.png", "1.png"]]
    assert all(example.target.endswith("Drawn on one XXXX.") for example in found)


def test_a_section_that_is_nan_is_no_error_and_no_text() -> None:
    found = examples.load(catalog.task("mimic_cxr_report@rexrank")).examples
    assert (len(found), len({example.group for example in found})) == (11, 4)
    assert found[0].input.context == {"indication": "Age:20-30.Gender:F.Indication: ___-year-old sheet."}
    assert not any("\n" in example.target or "nan" in example.target for example in found)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"key_image_path": "elsewhere.png"}, "key_image_path is not one of image_path"),
        ({"image_path": None}, "key_image_path is not one of image_path"),
        ({"section_findings": 3}, "findings"),
        ({"image_path": ["/../../secret.png"], "key_image_path": "/../../secret.png"}, "leads outside the release's folder"),
    ],
    ids=["no such key", "no pictures", "a number", "a path that climbs out"],
)
def test_damage_is_named(tmp_path: Path, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(CorruptData, match=message):
        examples.load(catalog.task("iu_xray@rexrank"), data_root=edited(tmp_path, **fields), accept_different=True)


def test_a_list_in_its_place_is_refused(tmp_path: Path) -> None:
    root = edited(tmp_path)
    (root / "iu_xray" / FILE).write_text("[]", encoding="utf-8")
    with pytest.raises(CorruptData, match="not an object of one object per study"):
        examples.load(catalog.task("iu_xray@rexrank"), data_root=root)
