"""Known vulnerabilities in the versions of constraints.txt, by pip-audit: fails for one, and says what could not be looked up.

pip-audit ends with success where its service knows none of the packages; a check that cannot fail is none, so this says SKIPPED then.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CONSTRAINTS = Path(__file__).resolve().parents[1] / "constraints.txt"


def main(pip_audit: str) -> int:
    """0 where nothing is known against any version or nothing could be looked up, else 1."""
    command = [pip_audit, "--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json", "-r", str(CONSTRAINTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  the path is make's
    if not done.stdout.strip():
        sys.stdout.write(f"SKIPPED audit: the service that knows of vulnerabilities did not answer: {_last_line(done.stderr)}\n")
        return 0
    found = json.loads(done.stdout)["dependencies"]
    known = [entry for entry in found if "skip_reason" not in entry]
    wrong = [(entry["name"], entry["version"], flaw) for entry in known for flaw in entry["vulns"]]
    for name, version, flaw in wrong:
        mended = ", ".join(flaw["fix_versions"]) or "no version yet"
        sys.stdout.write(f"{name} {version}: {flaw['id']}, mended in {mended}\n")
    if not known:
        sys.stdout.write(f"SKIPPED audit: the service knows none of {len(found)} packages; is it the package index that it should be?\n")
    else:
        unknown = f"; {len(found) - len(known)} could not be looked up" if len(known) < len(found) else ""
        sys.stdout.write(f"{len(wrong)} known vulnerabilities in {len(known)} packages{unknown}\n")
    return 1 if wrong else 0


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
