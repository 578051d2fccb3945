"""System prompts of checkpoints: in the template's place for them, refused where no template is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import models
from harness.data import catalog
from harness.errors import UsageError
from harness.runs.plan import Options, prepare
from harness.runs.prompting import Prompting
from tests.models.checkpoints import Tiny, copied, edited


def test_a_system_prompt_goes_through_the_template(tiny: Tiny, tmp_path: Path) -> None:
    options = Options(results=tmp_path, limit=1, prompting=Prompting(system="Be brief."))
    plan = prepare(catalog.task("mednli"), models.open_model(f"hf:{tiny('llama_chat')}", {}), options)
    rendered = plan.model.prompter.render(plan.requests[0])  # type: ignore[attr-defined]
    assert rendered.index("Be brief.") < rendered.index(plan.requests[0].prompt)


@pytest.mark.parametrize("place", ["{{ raise_exception('System role not supported') }}", ""], ids=["refuses", "ignores"])
def test_a_template_without_a_place_for_it_is_refused(tiny: Tiny, tmp_path: Path, place: str) -> None:
    folder = copied(tiny("llama_chat"), tmp_path / "model")
    template = "{% for message in messages %}{% if message.role == 'system' %}PLACE{% else %}{{ message.content }}{% endif %}{% endfor %}"
    template = template.replace("PLACE", place)
    for path in folder.glob("chat_template*"):
        path.unlink()
    edited(folder / "tokenizer_config.json", chat_template=template)
    options = Options(results=tmp_path, limit=1, prompting=Prompting(system="Be brief."))
    with pytest.raises(UsageError, match="has no place for --system-prompt"):
        prepare(catalog.task("mednli"), models.open_model(f"hf:{folder}", {}), options)


@pytest.mark.parametrize(("name", "arguments"), [("llama", {}), ("llama_chat", {"chat_template": "no"})])
def test_a_system_prompt_without_a_template_is_refused(tiny: Tiny, tmp_path: Path, name: str, arguments: dict[str, str]) -> None:
    options = Options(results=tmp_path, limit=1, prompting=Prompting(system="Be brief."))
    with pytest.raises(UsageError, match="--system-prompt needs a chat template"):
        prepare(catalog.task("mednli"), models.open_model(f"hf:{tiny(name)}", arguments), options)
