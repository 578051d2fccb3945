"""Workers: another process that answers well, and ones that die, hang, babble and lie; the request at fault fails alone."""

from __future__ import annotations

import io
import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import models
from harness.data import catalog, examples
from harness.errors import MissingData, ModelError, UsageError
from harness.models.worker.process import Died
from harness.runs import evaluate
from harness.runs.evaluate import Run
from harness.runs.plan import Options
from harness.stats.bootstrap import Bootstrap
from harness.types import Backend, Decoding, Image, Input, Model, Request, Response, Scene, Task

EXAMPLE = Path(__file__).parents[2] / "examples" / "worker.py"

SCRIPT = """
import json, os, sys, time
first = json.loads(sys.stdin.readline())
def say(line):
    print(line if isinstance(line, str) else json.dumps(line), flush=True)
say(GREETING)
for line in sys.stdin:
    request = json.loads(line)
    text = request["prompt"]
    BODY
"""
ECHO = 'say({"id": request["id"], "text": text})'
READY = '{"ready": True}'

Open = Callable[..., Model]


def script(folder: Path, body: str, greeting: str = READY) -> Path:
    """A worker that does `body` on each request."""
    path = folder / "script.py"
    path.write_text(SCRIPT.replace("GREETING", greeting).replace("BODY", body.replace("\n", "\n    ")), encoding="utf-8")
    return path


def command(path: Path) -> str:
    return f"worker:{shlex.join([sys.executable, str(path)])}"


def said(backend: Backend, folder: Path) -> tuple[Run, set[str]]:
    """A run of a worker, and all that it answered."""
    run = evaluate.evaluate(catalog.task("vqa_rad"), backend, Options(results=folder, plan=Bootstrap(resamples=0)))
    return run, {json.loads(line)["text"] for line in (run.folder / "replies.jsonl").read_text().splitlines()}


@pytest.fixture
def opened(tmp_path: Path, toy_task: Task[str]) -> Iterator[Open]:
    """The model of a worker, as `script` makes it."""
    made: list[Any] = []

    def start(body: str, greeting: str = READY) -> Model:
        backend = models.open_model(command(script(tmp_path, body, greeting)), {"timeout": "20"})
        made.append(backend.for_task(Scene(task=toy_task, split="test", examples=())))
        model: Model = made[-1]
        return model

    yield start
    for model in made:
        model.close()


def asked(*prompts: str, **of_input: Any) -> list[Request]:
    items = [Input(text=prompt, **of_input) for prompt in prompts]
    return [Request(id=f"r{place}", prompt=item.text, item=item, decoding=Decoding()) for place, item in enumerate(items)]


def answers(model: Model, requests: list[Request]) -> list[Response]:
    """As a run asks: a batch that raises is halved until the request at fault stands alone."""
    from harness.runs import answering

    batch = [answering.Asked(request=request, digest="d") for request in requests]
    return [response for piece in answering.answers(model, [batch]) for _, response in piece]


FAMILIES = {task.card.family: name for name in reversed(catalog.select(["all"])) if examples.has_sample((task := catalog.task(name)).card)}
"""A task of each family, the first that has a sample."""


@pytest.mark.parametrize("name", FAMILIES.values(), ids=FAMILIES.keys())
def test_the_example_answers_every_kind_of_task(name: str, tmp_path: Path) -> None:
    backend = models.open_model(command(EXAMPLE), {})
    task = replace(catalog.task(name), metrics=())
    run = evaluate.evaluate(task, backend, Options(results=tmp_path, plan=Bootstrap(resamples=0), images="first"))
    assert run.record.counts.failed == 0
    assert run.record.counts.answered + run.record.counts.unparsed == run.record.counts.examples
    assert run.record.model.name == "Example worker"


def test_a_run_ends_its_worker(tmp_path: Path) -> None:
    """The worker writes its process id as its answer; no process of that id is left."""
    pid = script(tmp_path, 'say({"id": request["id"], "text": str(os.getpid())})')
    _, [found] = said(models.open_model(command(pid), {}), tmp_path / "results")
    assert not Path(f"/proc/{found}").exists()


def test_what_a_worker_started_ends_with_it(opened: Open) -> None:
    model = opened(
        'import subprocess\nchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])\n'
        'say({"id": request["id"], "text": str(child.pid)})'
    )
    pid = model.generate(asked("a"))[0].text
    assert Path(f"/proc/{pid}").exists()
    model.close()  # type: ignore[attr-defined]
    deadline = time.monotonic() + 10  # an orphan is reaped by another process
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(pid)


def _runs(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_the_request_that_a_worker_dies_on_fails_alone(opened: Open) -> None:
    model = opened('if text == "c": os._exit(3)\n' + ECHO)
    found = answers(model, asked(*"abcdefg"))
    assert [response.text for response in found] == ["a", "b", "", "d", "e", "f", "g"]
    assert found[2].error == "Died: it ended with exit code 3"


def waits(model: Any, seconds: float) -> None:
    """Another patience once it has greeted: a moment where no reply comes, and enough where one does."""
    model.process._timeout = seconds


def test_a_worker_that_hangs_is_ended(opened: Open) -> None:
    model = opened('if text == "b": time.sleep(60)\n' + ECHO)
    waits(model, 0.05)
    assert [response.error for response in answers(model, asked("b"))] == ["Died: no reply within 0.05 seconds"]
    waits(model, 20)
    assert [response.text for response in answers(model, asked("c"))] == ["c"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('say("Loading weights")', "no JSON object: 'Loading weights"),
        ('say("[1]")', "no JSON object"),
        ("sys.stdout.buffer.write(bytes([255, 254, 10])); sys.stdout.flush()", "no JSON object"),
        ('say({"id": "other", "text": ""})', "replied to 'other', which was not asked"),
        ('say({"id": ["r0"], "text": ""})', "replied to ['r0'], which was not asked"),
        ('say({"text": "x"})', "replied to None, which was not asked"),
        (f"{ECHO}; {ECHO}", "replied to 'r0', which was not asked or is answered already"),
    ],
    ids=["log", "list", "not UTF-8", "unknown id", "id of another type", "no id", "twice"],
)
def test_rubbish_on_standard_output_is_no_answer(opened: Open, body: str, error: str) -> None:
    with pytest.raises(Died) as raised:
        opened(body).generate(asked("a", "b"))
    assert error in str(raised.value)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ('"text": 3', "text: expected str, got int"),
        ('"text": None', "text: expected str, got null"),
        ('"txt": "yes"', "unknown key 'txt'; did you mean 'text'"),
        ('"thinking": "hm"', "neither text nor choice_log_probs nor error"),
        ('"choice_log_probs": "high"', "choice_log_probs: expected list | null, got str"),
        ('"choice_log_probs": [True, False]', "choice_log_probs[0]: expected float | null, got bool"),
        ('"choice_log_probs": [0.5, -1.0]', "no log-probability"),
        ('"choice_log_probs": [-1.0]', "1 choice_log_probs for 2 choices"),
        ('"choice_log_probs": [float("nan"), -1.0]', "no log-probability"),
        ('"text": "", "finish": "tired"', "finish: must be one of length, stop, not 'tired'"),
        ('"text": "", "usage": {"completion": "many"}', "usage.completion: expected int, got str"),
        ('"error": "no such picture"', "no such picture"),
        ('"error": ""', "no reason was given"),
        ('"text": "yes", "error": " "', "no reason was given"),
        ('"text": "yes", "error": {}', "{}"),
    ],
)
def test_a_reply_of_the_wrong_type_fails_and_leaves_its_neighbour(opened: Open, reply: str, error: str) -> None:
    model = opened(f'say({{"id": request["id"], {reply}}} if text == "bad" else {{"id": request["id"], "text": text}})')
    bad, good = answers(model, asked("bad", "good", choices=("no", "yes")))
    assert error in (bad.error or "")
    assert (good.text, good.error) == ("good", None)


def test_scores_thinking_and_usage_are_kept(opened: Open) -> None:
    body = (
        'say({"id": request["id"], "text": "x", "choice_log_probs": [-0.5, None], "thinking": "hm", "finish": "length",'
        ' "usage": {"completion": 2}})'
    )
    model = opened(body, '{"ready": True, "name": "Mine", "scores": "softmax", "images": 1, "revision": "abc", "parameters": 7}')
    assert model.generate(asked("a", choices=("no", "yes"))) == [
        Response(text="x", choice_log_probs=(-0.5, float("-inf")), thinking="hm", finish="length", usage={"completion": 2})
    ]
    own = model.info
    assert (own.name, own.scores, own.images, own.revision, own.parameters) == ("Mine", "softmax", 1, "abc", 7)


@pytest.mark.parametrize("error", ["None", "False"])
def test_an_error_that_is_none_is_none(opened: Open, error: str) -> None:
    assert opened(f'say({{"id": request["id"], "text": text, "error": {error}}})').generate(asked("a")) == [Response(text="a")]


def test_thoughts_within_a_text_are_kept_apart_from_the_answer(opened: Open) -> None:
    model = opened('say({"id": request["id"], "text": request["prompt"]})')
    assert model.generate(asked("<think>a cold</think>yes", "<think>a cold, or")) == [
        Response(text="yes", thinking="a cold"),
        Response(text="", thinking="a cold, or", finish="length"),
    ]


def test_replies_may_come_in_any_order(opened: Open) -> None:
    model = opened(
        "kept = globals().setdefault('kept', []); kept.append(request)\n"
        "if len(kept) == 3:\n    for item in reversed(kept):\n        say({'id': item['id'], 'text': item['prompt']})"
    )
    assert [response.text for response in model.generate(asked("a", "b", "c"))] == ["a", "b", "c"]


ALL_READ = """kept = globals().setdefault("kept", [])
kept.append(request)
if len(kept) == 40:
    for request in kept:
        say({"id": request["id"], "text": request["prompt"]})"""


@pytest.mark.parametrize("body", [ECHO, ALL_READ], ids=["as it reads", "after all are read"])
def test_batches_larger_than_a_pipe_do_not_lock(opened: Open, body: str) -> None:
    """40 requests and replies of 100 kB each; a pipe holds 64 kB."""
    long = ["x" * 100_000 + str(i) for i in range(40)]
    assert [response.text for response in opened(body).generate(asked(*long))] == long


def test_a_worker_that_stops_reading_is_ended_while_it_is_written_to(opened: Open) -> None:
    model = opened("time.sleep(60)")
    waits(model, 0.05)
    with pytest.raises(Died, match=r"no reply within 0\.05 seconds"):
        model.generate(asked(*["x" * 100_000] * 10))


def test_pictures_come_as_files_under_names_that_say_nothing(opened: Open) -> None:
    from PIL import Image as Pillow

    out = io.BytesIO()
    Pillow.fromarray(np.full((2, 3), 7, dtype=np.uint8)).save(out, format="PNG")
    image = Image(name="pneumonia/person1.png", read=out.getvalue)
    body = (
        'content = open(request["images"][0], "rb").read()\n'
        'say({"id": request["id"], "text": f"{len(content)} {os.path.basename(request[\'images\'][0])}"})'
    )
    length, name = opened(body).generate(asked("a", images=(image,)))[0].text.split()
    assert int(length) == len(out.getvalue())
    assert "pneumonia" not in name
    assert name.endswith(".png")


@pytest.mark.parametrize(
    ("greeting", "error"),
    [
        ('{"ready": False}', "must answer the first line"),
        ('"hello"', "no JSON object"),
        ('{"ready": True, "scores": "high"}', "scores: must be one of independent, none, softmax, not 'high'"),
        ('{"ready": True, "images": "two"}', "images: must be a whole number above 0, not 'two'"),
        ('{"ready": True, "images": True}', "images: must be a whole number above 0, not True"),
        ('{"ready": True, "name": None}', "name: expected str, got null"),
        ('{"ready": True, "score": "softmax"}', "unknown key 'score'; did you mean 'scores'"),
    ],
)
def test_a_greeting_that_the_protocol_does_not_know_is_refused(opened: Open, greeting: str, error: str) -> None:
    with pytest.raises(ModelError) as raised:
        opened(ECHO, greeting)
    assert error in str(raised.value)


@pytest.mark.parametrize(
    ("code", "timeout", "error"),
    [
        ("import time; time.sleep(60)", "0.05", r"no reply within 0\.05 seconds"),
        ("raise SystemExit(4)", "20", "exit code 4"),
        ("", "20", "exit code 0"),
    ],
    ids=["silent", "ends", "empty"],
)
def test_a_worker_that_never_greets_is_told(tmp_path: Path, toy_task: Task[str], code: str, timeout: str, error: str) -> None:
    (tmp_path / "mute.py").write_text(code)
    backend = models.open_model(command(tmp_path / "mute.py"), {"timeout": timeout})
    with pytest.raises(ModelError, match=error):
        backend.for_task(Scene(task=toy_task, split="test", examples=()))


def test_a_worker_that_cannot_be_started_again_ends_the_run(opened: Open, tmp_path: Path) -> None:
    model = opened("os._exit(1)")
    (tmp_path / "script.py").write_text("raise SystemExit(9)")
    with pytest.raises(ModelError, match="exit code 9"):
        answers(model, asked("a", "b"))


def test_no_shell_reads_the_command(tmp_path: Path, toy_task: Task[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = tmp_path / "words.py"
    words.write_text('import json, sys; print(json.dumps({"ready": True, "name": "|".join(sys.argv[1:])}), flush=True); sys.stdin.read()')
    spec = f"{command(words)} ; touch made $(touch made) `touch made` '> made'"
    model = models.open_model(spec, {}).for_task(Scene(task=toy_task, split="test", examples=()))
    model.close()  # type: ignore[attr-defined]
    assert model.info.name == ";|touch|made|$(touch|made)|`touch|made`|> made"
    assert [path.name for path in tmp_path.iterdir()] == ["words.py"]


def test_an_edited_script_is_asked_again(tmp_path: Path) -> None:
    folders = []
    for text in ("yes", "no", "yes"):
        mine = script(tmp_path, f'say({{"id": request["id"], "text": "{text}"}})', '{"ready": True, "revision": "1"}')
        run, found = said(models.open_model(command(mine), {}), tmp_path / "results")
        assert found == {text}
        folders.append(run.folder)
    assert folders[0] == folders[2] != folders[1]


def test_a_script_that_is_edited_between_two_tasks_is_another_model_in_the_second(tmp_path: Path) -> None:
    backend = models.open_model(command(script(tmp_path, ECHO)), {})
    digests = []
    for text in ("yes", "no"):
        script(tmp_path, f'say({{"id": request["id"], "text": "{text}"}})')
        run, found = said(backend, tmp_path / "results")
        assert found == {text}
        digests.append(run.record.prompting.model_digest)
    assert digests[0] != digests[1]


@pytest.mark.parametrize(
    ("location", "arguments", "error"),
    [
        ("", {}, "needs a command"),
        ("python 'mine.py", {}, "cannot be split"),
        ("python mine.py", {"timeout": "soon"}, "must be a number of seconds"),
        ("python mine.py", {"timeout": "0"}, "must be a number of seconds"),
        ("python mine.py", {"timeout": "nan"}, "must be a number of seconds"),
        ("python mine.py", {"retries": "3"}, "retries"),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused(location: str, arguments: dict[str, str], error: str) -> None:
    with pytest.raises(UsageError, match=error):
        models.open_model(f"worker:{location}", arguments)


def test_absent_scripts_and_programs_are_named(toy_task: Task[str]) -> None:
    with pytest.raises(MissingData, match=r"nowhere\.py: no such file"):
        models.open_model("worker:python nowhere.py", {})
    backend = models.open_model("worker:no-such-program-of-ours", {})
    with pytest.raises(ModelError, match="no-such-program-of-ours cannot be started"):
        backend.for_task(Scene(task=toy_task, split="test", examples=()))
