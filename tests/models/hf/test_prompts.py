"""System prompts of checkpoints: in the template's place for them, refused where no template is used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness import models
from harness.errors import UsageError
from tests.models import asking
from tests.models.checkpoints import Tiny, copied, edited

PLACE = asking.scene("mednli", 1, system="Be brief.")


def opened(folder: Path, **arguments: str) -> Any:
    return models.open_model(f"hf:{folder}", arguments).for_task(PLACE)


def test_a_system_prompt_goes_through_the_template(tiny: Tiny) -> None:
    [request] = asking.requests(PLACE)
    rendered = opened(tiny("llama_chat")).prompter.render(request)
    assert rendered.index("Be brief.") < rendered.index(request.prompt)


@pytest.mark.parametrize("place", ["{{ raise_exception('System role not supported') }}", ""], ids=["refuses", "ignores"])
def test_a_template_without_a_place_for_it_is_refused(tiny: Tiny, tmp_path: Path, place: str) -> None:
    folder = copied(tiny("llama_chat"), tmp_path / "model")
    template = "{% for message in messages %}{% if message.role == 'system' %}PLACE{% else %}{{ message.content }}{% endif %}{% endfor %}"
    for path in folder.glob("chat_template*"):
        path.unlink()
    edited(folder / "tokenizer_config.json", chat_template=template.replace("PLACE", place))
    with pytest.raises(UsageError, match="has no place for --system-prompt"):
        opened(folder)


@pytest.mark.parametrize(("name", "arguments"), [("llama", {}), ("llama_chat", {"chat_template": "no"})])
def test_a_system_prompt_without_a_template_is_refused(tiny: Tiny, name: str, arguments: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="--system-prompt needs a chat template"):
        opened(tiny(name), **arguments)
