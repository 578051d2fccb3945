"""Addresses of servers: what is one, what is wrong with one, when two are the same, and what may be said of them."""

from __future__ import annotations

from typing import Any

import pytest

from harness import models
from harness.errors import MissingData, ModelError, UsageError
from harness.models.server import addresses
from harness.models.server.arguments import parse
from tests.models.server.toys import question, well


@pytest.mark.parametrize(
    ("location", "wanted"),
    [
        ("127.0.0.1:8000", "openai:http://127.0.0.1:8000/v1"),
        ("localhost:8000", "openai:http://localhost:8000/v1"),
        ("localhost", "openai:http://localhost/v1"),
        ("host:8000/v1", "openai:http://host:8000/v1,"),
        ("myhost.example:8000", "openai:http://myhost.example:8000/v1"),
        ("myhost.example/v1", "openai:http://myhost.example/v1,"),
        ("myhost.example/api/v1/", "openai:http://myhost.example/api/v1/,"),
        ("[::1]:8000", "openai:http://[::1]:8000/v1"),
        ("10.0.0.5", "openai:http://10.0.0.5/v1"),
        ("//host:8000/v1", "openai:http://host:8000/v1,"),
        ("https:/host.example/v1", "openai:https://host.example/v1,"),
    ],
)
def test_an_address_without_http_is_no_models_name(location: str, wanted: str) -> None:
    with pytest.raises(UsageError) as caught:
        models.open_model(f"openai:{location}", {})
    assert wanted in str(caught.value)


@pytest.mark.parametrize(
    "name", ["gpt-4.1", "llama3:8b", "qwen2.5:latest", "org/model:free", "org/model.v1", "/ckpt/runA/checkpoint-500", "accounts/f/models/x"]
)
def test_models_names_are_taken_as_they_are(name: str) -> None:
    assert parse(name, {}).model == name
    assert parse("", {"model": "myhost:8000"}).model == "myhost:8000", "said so, there is no doubt"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1:8000/v1", "localhost:8000", "ftp://host/v1", "http://", "http://host:99999/v1", "http://host/v1/chat/completions"],
)
@pytest.mark.parametrize("route", ["argument", "environment"])
def test_what_is_no_address_is_refused_wherever_it_is_given(address: str, route: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if route == "environment":
        monkeypatch.setenv("OPENAI_BASE_URL", address)
    with pytest.raises(UsageError, match="OPENAI_BASE_URL=" if route == "environment" else "base_url="):
        parse("m", {"base_url": address} if route == "argument" else {})


SAME = "http://127.0.0.1:8000/v1"


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("http://127.0.0.1:8000/v1/", True),
        ("HTTP://LocalHost:8000/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://me:secret@localhost:8000/v1", True),
        ("http://127.0.0.1:8000/v1?api_key=secret", True),
        ("http://127.0.0.1:8001/v1", False),
        ("https://127.0.0.1:8000/v1", False),
        ("http://127.0.0.1:8000/a/v1", False),
        ("http://127.0.0.1:8000/v1?deployment=a", False),
        ("http://10.0.0.5:8000/v1", False),
    ],
)
def test_two_ways_to_write_one_server_are_one(address: str, same: bool) -> None:
    assert (addresses.normalised(address) == addresses.normalised(SAME)) is same
    assert addresses.normalised("https://h.example/v1") == addresses.normalised("https://H.example:443/v1/")


@pytest.mark.parametrize(
    ("address", "remote"),
    [
        ("http://127.0.0.1:8000/v1", False),
        ("http://localhost/v1", False),
        ("http://[::1]:8000/v1", False),
        ("http://10.0.0.5:8000/v1", True),
        ("https://api.openai.com/v1", True),
        ("http://localhost.example.org/v1", True),
    ],
)
def test_only_loopback_is_this_machine(address: str, remote: bool) -> None:
    assert addresses.is_remote(address) is remote


def test_a_query_goes_with_every_request(serve: Any) -> None:
    server = serve(well)
    backend: Any = models.open_model(f"openai:{server.address}?api-version=2024", {})
    assert backend.generate([question()])[0].text == "yes"
    assert server.paths == ["/v1/models?api-version=2024", "/v1/chat/completions?api-version=2024"]


def test_an_address_without_its_end_is_told(serve: Any) -> None:
    server = serve(well)
    root = server.address.removesuffix("/v1")
    with pytest.raises(ModelError, match=rf"HTTP 404: Not Found.* Servers answer under /v1, which the address lacks: {root}/v1"):
        models.open_model(f"openai:{root}", {})
    server.answer = lambda request, number: (404, {"detail": "Not Found"}, {})
    backend: Any = models.open_model(f"openai:{root}", {"model": "tiny"})
    [response] = backend.generate([question()])
    assert response.error.startswith("HTTP 404: Not Found. Is $OPENAI_API_KEY set, and is 'tiny' served there? Servers answer under /v1")


def test_what_cannot_be_opened_says_what_to_do(serve: Any) -> None:
    with pytest.raises(MissingData, match=r"cannot be reached \(APIConnectionError: .*Connect call failed"):
        models.open_model("openai:http://127.0.0.1:9/v1", {})
    with pytest.raises(UsageError, match=r"unknown --model-arg of openai 'retrys'\. Did you mean retries"):
        models.open_model("openai:m", {"retrys": "1"})
    with pytest.raises(UsageError, match="the location is an address already"):
        models.open_model("openai:http://127.0.0.1:9/v1", {"base_url": "x"})
    with pytest.raises(UsageError, match=r"concurrency=1\.5: must be a whole number"):
        models.open_model("openai:m", {"concurrency": "1.5"})
    with pytest.raises(UsageError, match=r"has 2 models \(a, b\); name one"):
        models.open_model(f"openai:{serve(well, [{'id': 'b'}, {'id': 'a'}]).address}", {})
    with pytest.raises(ModelError, match="its /models is no list of models"):
        models.open_model(f"openai:{serve(well, (200, {'status': 'ok'}, {})).address}", {})
