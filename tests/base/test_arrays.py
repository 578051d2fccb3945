"""NumPy under the name that metrics use: not there before it is used, and the library itself from then on."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import numpy
import pytest

from harness.base import arrays


def test_what_is_in_it_is_numpys_own() -> None:
    later = arrays._Later("numpy")
    assert later.float64 is numpy.float64
    assert later.linalg is numpy.linalg
    assert type(later) is ModuleType  # from the first use on, at no cost


def test_what_numpy_lacks_is_told_as_numpy_tells_it() -> None:
    for later in (fresh := arrays._Later("numpy"), fresh):
        with pytest.raises(AttributeError, match="module 'numpy' has no attribute 'flot64'"):
            _ = later.flot64


def test_numpy_is_not_imported_before_it_is_used() -> None:
    code = "import sys; from harness.base.arrays import np; print('numpy' in sys.modules, np.pi, 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "3.141592653589793", "True"]
