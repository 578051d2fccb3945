"""What a picture was decoded in is there for the next: pages that come from the system are counted, not timed."""

from __future__ import annotations

import importlib.util
import os
import platform
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

DECODES = """
import resource, sys
import numpy as np
from harness.images.dicom import pixels
from harness.images.pixels import array
from harness.types import Image

content = sys.stdin.buffer.read()
image = Image(name="x", read=lambda: content[:1] + content[1:])

def pages(n):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(n):
        array(image, "L", (224, 224))
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

pages(10)
print(pages(20) / 20)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of the C library of Linux")
@pytest.mark.skipif(importlib.util.find_spec("pydicom") is None, reason="needs pydicom")
def test_a_picture_is_decoded_in_the_memory_of_the_one_before(dicom: Callable[..., bytes]) -> None:
    """A file of 512 pages; its values, the 8-bit picture and the places in between are some 1,000 more."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    content = dicom(np.arange(1 << 20, dtype=np.uint16).reshape(1024, 1024))
    done = subprocess.run([sys.executable, "-c", DECODES], env=env, input=content, capture_output=True, check=True, timeout=120)
    assert float(done.stdout) < 100
