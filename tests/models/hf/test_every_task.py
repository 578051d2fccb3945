"""Each kind of checkpoint answers every task that is its own, and refuses the others with a reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness import models
from harness.data import catalog
from harness.data import examples as loading
from harness.errors import UsageError
from harness.types import Decoding, Request, Scene

TASKS = catalog.select(["all"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["llama", "t5", "llava", "qwen", "clip", "siglip"])
def test_a_checkpoint_answers_all_tasks_of_its_kind(tiny: Callable[[str], Path], name: str) -> None:
    backend = models.open_model(str(tiny(name)), {"device": "cpu"})
    contrastive, sees = name in ("clip", "siglip"), name in ("llava", "qwen")
    for task_name in TASKS:
        dataset = loading.load(catalog.task(task_name), sample=True)
        examples = dataset.examples[:2]
        item = examples[0].input
        decoding = Decoding(max_new_tokens=3, score_choices=dataset.task.decoding.score_choices)
        scene = Scene(task=dataset.task, split="test", examples=examples, decoding=decoding)
        if (contrastive and not (item.images and item.choices)) or (item.images and not (sees or contrastive)):
            with pytest.raises(UsageError, match=r"reads text alone|asks for no choice"):
                backend.for_task(scene)
            continue
        model = backend.for_task(scene)
        requests = [Request(id=e.id, prompt=dataset.task.prompt(e.input), item=e.input, decoding=decoding) for e in examples]
        for response in model.generate(requests):
            assert response.error is None, (task_name, response.error)
            scored = contrastive or (decoding.score_choices and item.choices)
            assert len(response.choice_log_probs or ()) == (len(item.choices) if scored else 0), task_name
