"""Which model answers: two are one only where their full names, their addresses and what their servers tell of them are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness import models
from harness.models.server import addresses, waits
from harness.models.server.identity import display_name, told
from tests.models.server.toys import completion, well

VLLM = {"id": "tiny", "object": "model", "created": 1, "owned_by": "vllm", "root": "/ckpt/a", "parent": None, "max_model_len": 2048}


def info(server: Any, location: str = "", **given: str) -> Any:
    backend: Any = models.open_model(f"openai:{location}", {"base_url": server.address, **given})
    return backend.info


def test_models_whose_folders_differ_are_two(serve: Any) -> None:
    server = serve(well)
    a, b = info(server, "/ckpt/runA/checkpoint-500"), info(server, "/ckpt/runB/checkpoint-500")
    assert (a.name, b.name) == ("runA/checkpoint-500@9674ec", "runB/checkpoint-500@8293de")
    deep, deeper = info(server, "/one/x/checkpoint-500"), info(server, "/two/x/checkpoint-500")
    assert len({a.identity, b.identity, deep.identity, deeper.identity}) == 4
    assert len({a.name, b.name, deep.name, deeper.name}) == 4


def test_one_name_behind_two_ports_is_two_models(serve: Any) -> None:
    assert info(serve(well)).identity != info(serve(well)).identity


@pytest.mark.parametrize(
    ("field", "value", "same"),
    [
        ("root", "/ckpt/b", False),
        ("parent", "base", False),
        ("max_model_len", 4096, False),
        ("meta", {"n_params": 7, "size": 9}, False),
        ("created", 2, True),
        ("permission", [{"id": "modelperm-2"}], True),
    ],
)
def test_what_a_server_tells_of_its_model_tells_models_apart(serve: Any, field: str, value: Any, same: bool) -> None:
    server = serve(well, [VLLM])
    before = info(server).identity
    server.listed = (200, {"data": [VLLM | {field: value}]}, {})
    assert (info(server).identity == before) is same


def test_one_name_for_two_checkpoints_is_two_systems_on_the_scoreboard(serve: Any) -> None:
    one, two, same = (serve(well, [VLLM | {"root": root}]) for root in ("/ckpt/a", "/ckpt/b", "tiny"))
    assert (info(one).name, info(two).name, info(same).name) == ("tiny@b39f17", "tiny@15c53b", "tiny")
    assert info(one, identity="run A").name == info(two, identity="run A").name == "tiny"


def test_an_adapter_is_what_its_base_is() -> None:
    listed: list[dict[str, Any]] = [{"id": "base", "root": "/ckpt/a", "created": 1}, {"id": "lora", "root": "/lora", "parent": "base"}]
    assert told("lora", listed) == [{"id": "lora", "root": "/lora", "parent": "base"}, {"id": "base", "root": "/ckpt/a"}]
    assert told("base", listed) == [{"id": "base", "root": "/ckpt/a"}]
    assert told("absent", listed) == []
    assert told("any name", listed[:1]) == [{"id": "base", "root": "/ckpt/a"}], "the only one answers, whatever it is called"
    assert told("a", [{"id": "a", "parent": "a"}]) == [{"id": "a", "parent": "a"}]


@pytest.mark.parametrize(
    "listed", [(404, {}, {}), (401, {}, {}), (200, b"<html>", {}), (200, {"data": "none"}, {}), (200, {"data": [1]}, {})]
)
def test_a_server_that_has_no_list_of_models_can_still_be_asked(serve: Any, listed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "FIRST", 0)
    assert json.loads(info(serve(well, listed), "tiny").identity)["told"] == []


def test_one_server_is_the_same_however_it_is_named(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(well, [VLLM])
    other = server.address.replace("127.0.0.1", "localhost") + "/"
    monkeypatch.setenv("OPENAI_BASE_URL", server.address)
    ways: list[Any] = [
        models.open_model("openai:tiny", {}),
        models.open_model("openai:", {"model": "tiny"}),
        models.open_model("openai:tiny", {"base_url": other}),
        models.open_model(f"openai:{other}", {}),
        models.open_model(f"openai:{other}", {"model": "tiny", "key_env": "OTHER", "concurrency": "3", "retries": "0", "timeout": "9"}),
    ]
    assert len({way.info.identity for way in ways}) == 1
    assert len({json.dumps(dict(way.info.arguments)) for way in ways}) == 1


def test_a_user_may_vouch_that_servers_are_the_same(serve: Any) -> None:
    one, two = serve(well, [VLLM]), serve(well, [VLLM | {"root": "/elsewhere/a"}])
    vouched, other, unnamed = info(one, identity="run A"), info(two, identity="run A"), info(two, identity="run B")
    assert (vouched.identity, vouched.arguments) == (other.identity, other.arguments)
    assert vouched.arguments["identity"] == "run A"
    assert unnamed.identity != other.identity
    assert info(one, "lora", identity="run A").identity != vouched.identity, "the name still counts"


def test_another_price_is_another_cost_of_the_same_replies(serve: Any, evaluated: Any) -> None:
    """20 replies of 7 and 2 tokens: 140 x 1 per million, then 140 x 2."""
    server = serve(well)
    first, second = evaluated(server, price_in="1"), evaluated(server, price_in="2")
    assert [run.record.prompting.tokens and run.record.prompting.tokens.cost for run in (first, second)] == [0.00014, 0.00028]
    assert (first.folder, len(server.asked)) == (second.folder, 20)


def test_runs_at_two_ports_are_two_and_at_vouched_ones_one(serve: Any, evaluated: Any) -> None:
    one, two = serve(well), serve(lambda request, number: (200, completion("no"), {}))
    first, second = evaluated(one), evaluated(two)
    assert first.folder != second.folder
    assert (len(one.asked), len(two.asked)) == (20, 20)
    assert "127.0.0.1" not in (second.folder / "run.json").read_text()
    evaluated(one, identity="the same")
    evaluated(two, identity="the same")
    assert (len(one.asked), len(two.asked)) == (40, 20)


def test_a_hosts_name_stays_off_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    backend: Any = models.open_model("openai:m", {"base_url": "http://gpu17.invalid:8000/v1"})
    assert backend.info.arguments["server"] == "another machine"
    assert addresses.place("https://api.openai.com/v1") == "api.openai.com"


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("org/model", "org/model"),
        ("accounts/f/models/x", "accounts/f/models/x"),
        ("/ckpt/runA/checkpoint-500", "runA/checkpoint-500@9674ec"),
        ("/ckpt/runA/checkpoint-500/", "runA/checkpoint-500@9674ec"),
        ("/models/llama", "models/llama"),
        ("./final", "final"),
        ("C:\\models\\a\\b.gguf", "a/b.gguf@a6fdb5"),
        ("/data/hub/models--org--name/snapshots/0123456789abcdef", "org/name@01234567"),
        ("/", "/"),
    ],
)
def test_a_folder_is_named_by_its_last_two_parts_and_a_digest_of_all(model: str, name: str) -> None:
    assert display_name(model) == name
