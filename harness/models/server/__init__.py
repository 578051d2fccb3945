"""OpenAI-compatible servers: vLLM, SGLang, llama.cpp, transformers serve, hosted services; through the official client library."""

from __future__ import annotations

from collections.abc import Mapping

from harness.types import Backend


def open_model(location: str, arguments: Mapping[str, str]) -> Backend:
    """A model behind a server.

    Args:
        location: The model's name on the server, or the server's address (``http://127.0.0.1:8000/v1``) where it serves one model.
        arguments: The ``--model-arg`` pairs; `server.arguments.Arguments` lists them.

    Raises:
        UsageError: An argument is not known, or it cannot be told which model is meant.
        MissingData: The server cannot be reached, and only it can say which model it has.
        ModelError: It refuses to say.
    """
    from harness.models.server.opening import open_server

    return open_server(location, arguments)
