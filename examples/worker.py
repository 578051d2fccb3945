"""A worker in thirty lines, without the harness.

Run it with: harness run 'worker:python examples/worker.py' --tasks vqa_rad
It reads one JSON object per line and writes one per line. Put your model where the answer is made.
"""

import json
import sys
from typing import Any


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Your model's reply; request["images"] are paths of picture files."""
    if request["choices"]:
        return {"text": request["choices"][0]}
    return {"text": "yes"}


def say(line: dict[str, Any]) -> None:
    """One line, at once."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


greeting = json.loads(sys.stdin.readline())
print("asked about", greeting["task"], file=sys.stderr)
say({"ready": True, "name": "Example worker"})
for line in sys.stdin:
    request = json.loads(line)
    say({"id": request["id"], **answer(request)})
