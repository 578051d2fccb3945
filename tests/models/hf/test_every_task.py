"""Each kind of checkpoint answers a task of every adapter that is its own, and refuses the others with a reason."""

from __future__ import annotations

import pytest

from harness import models
from harness.data import catalog
from harness.errors import UsageError
from harness.types import Decoding
from tests.models import asking
from tests.models.checkpoints import Tiny

TASKS = {catalog.card(name).adapter: name for name in reversed(catalog.select(["all"]))}
"""The first task of each adapter."""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["llama", "t5", "llava", "qwen", "clip", "siglip"])
def test_a_checkpoint_answers_the_tasks_of_its_kind(tiny: Tiny, name: str) -> None:
    backend = models.open_model(str(tiny(name)), {"device": "cpu"})
    contrastive, sees = name in ("clip", "siglip"), name in ("llava", "qwen")
    for task_name in TASKS.values():
        decoding = Decoding(max_new_tokens=3, score_choices=asking.dataset(task_name).task.decoding.score_choices)
        scene = asking.scene(task_name, 2, decoding=decoding)
        item = scene.examples[0].input
        if (contrastive and not (item.images and item.choices)) or (item.images and not (sees or contrastive)):
            with pytest.raises(UsageError, match=r"reads text alone|asks for no choice"):
                backend.for_task(scene)
            continue
        model = backend.for_task(scene)
        for response in model.generate(asking.requests(scene)):
            assert response.error is None, (task_name, response.error)
            scored = contrastive or (decoding.score_choices and item.choices)
            assert len(response.choice_log_probs or ()) == (len(item.choices) if scored else 0), task_name
