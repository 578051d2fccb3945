"""`make audit`: a vulnerability fails, and a service that knows nothing is no success."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "audit.py"

KNOWN = {"name": "numpy", "version": "2.0.0", "vulns": []}
UNKNOWN = {"name": "scipy", "version": "1.0.0", "skip_reason": "Dependency not found on PyPI"}
VULNERABLE = {"name": "pillow", "version": "9.0.0", "vulns": [{"id": "PYSEC-0000-1", "fix_versions": ["9.0.1"]}]}


@pytest.mark.skipif(not SCRIPT.exists(), reason="no checkout")
@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        ([KNOWN], 0, "0 known vulnerabilities in 1 packages"),
        ([KNOWN, UNKNOWN], 0, "0 known vulnerabilities in 1 packages; 1 could not be looked up"),
        ([KNOWN, VULNERABLE], 1, "pillow 9.0.0: PYSEC-0000-1, mended in 9.0.1"),
        ([UNKNOWN], 0, "SKIPPED audit: the service knows none of 1 packages"),
        (None, 0, "SKIPPED audit: the service that knows of vulnerabilities did not answer: no route to host"),
    ],
)
def test_an_audit_fails_for_what_is_known_and_says_what_is_not(tmp_path: Path, found: list[Any] | None, code: int, said: str) -> None:
    """Over what pip-audit 2.10 prints."""
    tool = tmp_path / "pip-audit"
    answer = "print('no route to host', file=sys.stderr)" if found is None else f"print({json.dumps(json.dumps({'dependencies': found}))})"
    tool.write_text(f"#!{sys.executable}\nimport sys\n{answer}\n")
    tool.chmod(0o755)
    done = subprocess.run([sys.executable, SCRIPT, tool], capture_output=True, text=True, check=False)
    assert said in done.stdout
    assert done.returncode == code
