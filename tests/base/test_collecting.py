"""What stays is left out of the search for circles while a model is asked, and is in it again afterwards."""

from __future__ import annotations

import gc

import pytest

from harness.base import collecting


def test_what_is_there_is_set_aside_and_taken_back() -> None:
    before = gc.get_freeze_count()
    with collecting.set_aside():
        assert gc.get_freeze_count() > before
    assert gc.get_freeze_count() == 0


def test_it_is_taken_back_after_an_error() -> None:
    with pytest.raises(KeyError), collecting.set_aside():
        raise KeyError
    assert gc.get_freeze_count() == 0
