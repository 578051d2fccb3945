"""Objects of the wrong shape from a user's own code: models in files and in Python, what they say of themselves, and what they reply."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import harness
from harness.types import ModelInfo, Request, Response
from tests.fuzz.outcomes import Case, Done, holding, recorded

VALUES: dict[str, str] = {
    "None": "None",
    "a number": "7",
    "a fraction": "0.5",
    "NaN": "float('nan')",
    "infinity": "float('inf')",
    "True": "True",
    "bytes": "b'yes'",
    "a text": "'yes'",
    "an empty text": "''",
    "half a character": "'a\\ud800b'",
    "control characters": "'a\\x00\\x1b[2Jb\\r'",
    "200 kB": "'x' * 200_000",
    "an integer of 400 digits": "10 ** 400",
    "below zero": "-3",
    "a list": "['yes']",
    "an empty list": "[]",
    "a tuple": "('a', 'b')",
    "a dict": "{'text': 'yes'}",
    "a dict of None": "{None: None}",
    "a dict of NaN": "{'completion': float('nan')}",
    "a dict of texts": "{'completion': 'many'}",
    "a set": "{'yes'}",
    "a generator": "(x for x in ['yes'])",
    "an endless generator": "itertools.count()",
    "a NumPy text": "np.str_('yes')",
    "a NumPy number": "np.float32(-0.5)",
    "a NumPy array": "np.array([-0.1, -3.0])",
    "a matrix": "np.zeros((2, 2))",
    "a masked array": "np.ma.masked_all(2)",
    "a class": "dict",
    "a function": "sorted",
    "a module": "json",
    "an object": "object()",
    "equality raises": "Hostile()",
    "a text of a class": "Text('yes')",
    "a deep list": "deep()",
    "a lock": "threading.Lock()",
    "an exception": "ValueError('x')",
}
RAISES: dict[str, str] = {
    "ValueError": "raise ValueError('bad')",
    "SystemExit 0": "sys.exit(0)",
    "SystemExit text": "sys.exit('over')",
    "GeneratorExit": "raise GeneratorExit",
    "StopIteration": "raise StopIteration",
    "RecursionError": "again()",
    "MemoryError": "raise MemoryError",
    "CancelledError": "raise asyncio.CancelledError",
    "a bare BaseException": "raise BaseException('bare')",
    "OSError without words": "raise OSError",
    "a message that raises": "raise Wordless",
    "control characters": "raise ValueError('a\\x1b[2J\\x00\\ud800')",
    "half a character": "raise ValueError('\\udfff')",
    "200 kB": "raise ValueError('x' * 200_000)",
    "our own error": "raise ModelError('mine')",
    "a warning": "warnings.warn('mine \\x1b[1m')",
    "UnicodeError": "'\\ud800'.encode()",
    "a group": "raise ExceptionGroup('many', [ValueError('a'), KeyError('b')])",
}
HEAD = """
import asyncio, itertools, json, sys, threading, warnings
import numpy as np
from harness.errors import ModelError
from harness.types import ModelInfo, Response

class Hostile:
    def __eq__(self, other): raise RuntimeError("no equality")
    __hash__ = None
    def __str__(self): raise RuntimeError("no text")
    __repr__ = __str__
    def __bool__(self): raise RuntimeError("no truth")
    def __len__(self): raise RuntimeError("no length")
    def __float__(self): raise RuntimeError("no number")
    def __iter__(self): raise RuntimeError("no items")

class Text(str): pass

class Wordless(Exception):
    def __str__(self): raise RuntimeError("no words")

def again(): return again()

def deep():
    made = []
    for _ in range(5000): made = [made]
    return made

INFO = ModelInfo(name="mine", kind="mine", digest="1")

"""
MODEL = (
    HEAD
    + """
class Mine:
    info = INFO
    def for_task(self, scene): return self
    def generate(self, requests): return [Response(text="yes") for _ in requests]
    def close(self): pass
"""
)
RUN = ("run", "mine.py:Mine", "--tasks", "vqa_rad", "--sample", "--resamples", "0", "--json", "--quiet", "--results", "r")


def counted(done: Done) -> str:
    """What ended in a result has one on disk, with a reply for every request, and a number that is absent says why."""
    if unrecorded := recorded(done):
        return unrecorded
    (run,) = json.loads(done.out)["runs"]
    counts = run["counts"]
    if silent := [estimate["metric"] for estimate in run["estimates"] if estimate["value"] is None and not estimate["note"]]:
        return f"absent without a word: {silent}"
    if sum(counts[name] for name in ("answered", "unparsed", "empty", "refused", "failed")) != counts["examples"]:
        return f"the counts do not add up: {counts}"
    if bool(counts["failed"] or counts["refused"]) != (done.code == 1):
        return f"exit code {done.code} with {counts['failed']} failures and {counts['refused']} refusals"
    return ""


def _bodies() -> Iterator[tuple[str, str]]:
    """A model's file with one thing wrong in it."""
    line = 'return [Response(text="yes") for _ in requests]'
    for name, value in VALUES.items():
        yield f"generate returns {name}", MODEL.replace(line, f"return {value}")
        yield f"generate returns a list of {name}", MODEL.replace(line, f"return [{value} for _ in requests]")
        yield f"one reply is {name}", MODEL.replace(line, f"return [{value}] + [Response(text='yes') for _ in requests[1:]]")
        for field in RESPONSE:
            kept = "" if field == "text" else "text='yes', "
            yield f"{field} is {name}", MODEL.replace(line, f"return [Response({kept}{field}={value}) for _ in requests]")
        yield f"info is {name}", MODEL.replace("info = INFO", f"info = {value}")
        yield f"for_task returns {name}", MODEL.replace("return self", f"return {value}")
        yield f"generate is {name}", MODEL.replace("    def close", f"    generate = {value}\n    def close")
        yield f"for_task is {name}", MODEL.replace("    def close", f"    for_task = {value}\n    def close")
        yield f"close is {name}", MODEL.replace("    def close(self): pass", f"    close = {value}")
        yield f"the factory is {name}", f"{MODEL}\nMine = {value}\n"
        for field in INFO:
            given = f"ModelInfo(**{{'name': 'mine', 'kind': 'mine', 'digest': '1', '{field}': {value}}})"
            yield f"info.{field} is {name}", MODEL.replace("info = INFO", f"info = {given}")
        for method in METHODS:
            if (method, value) == ("prepare", "itertools.count()"):
                continue  # the model's own answer() reads it to its end
            body = f"def {method}(self, *_): return {value}\n    def _{method}(self, "
            yield f"{method} returns {name}", PIPELINED.replace(f"def {method}(self, ", body)
    for name, statement in RAISES.items():
        yield f"generate: {name}", MODEL.replace(line, f"{statement}; {line}")
        alone = f"\n        if len(requests) == 1: {statement}\n        if len(requests) > 1: raise ValueError('split')\n        {line}"
        yield f"a request alone: {name}", MODEL.replace(line, alone)
        yield f"generate yields, then: {name}", MODEL.replace(line, f"\n        yield Response(text='yes')\n        {statement}")
        yield f"for_task: {name}", MODEL.replace("return self", f"{statement}; return self")
        yield f"close: {name}", MODEL.replace("def close(self): pass", f"def close(self): {statement}")
        yield f"info: {name}", MODEL.replace("    info = INFO", f"    @property\n    def info(self): {statement}; return INFO")
        yield f"__init__: {name}", MODEL.replace("    info = INFO", f"    info = INFO\n    def __init__(self): {statement}")
        yield f"import: {name}", MODEL + f"\n{statement}\n"
        for method in METHODS:
            body = f"def {method}(self, *_):\n        {statement}\n    def _{method}(self, "
            yield f"{method}: {name}", PIPELINED.replace(f"def {method}(self, ", body)
    for n in (0, 1, 19, 21, 1000):
        yield f"{n} replies", MODEL.replace(line, f"return [Response(text='yes')] * {n}")
    yield "a syntax error", "class Mine(:\n"
    yield "no such name", "Other = 1\n"
    yield "a NUL in the source", "Mine = 1\0"
    yield "an empty file", ""
    yield "another Response", MODEL.replace(line, "return [Other() for _ in requests]") + "\nclass Other:\n    text = 'yes'\n"
    yield "a Response of a class", MODEL.replace(line, "return [Mine2(text='yes') for _ in requests]") + "\nclass Mine2(Response): pass\n"


RESPONSE = tuple(field.name for field in fields(Response))
INFO = tuple(field.name for field in fields(ModelInfo))
METHODS = ("partition", "prepare", "answer", "stream")
PIPELINED = MODEL.replace(
    "    def close(self): pass",
    """    def partition(self, requests, size): return [list(range(len(requests)))]
    def prepare(self, requests): return requests
    def answer(self, prepared): return self.generate(prepared)
    def stream(self, prepared): return iter(enumerate(self.generate(prepared)))
""",
)
_OPTIONS = (
    "split limit name setting metrics model_args batch_size decoding prompting repeats shard resamples bootstrap_seed images refusals"
    " give_up_after task_dirs data_root results"
).split()
_QUICK: dict[str, Any] = {"sample": True, "keep": False, "resamples": 0, "progress": False}


def _yes(requests: list[Request]) -> list[str]:
    return ["yes" for _ in requests]


def _option(option: str, made: Any) -> Any:
    return harness.evaluate(_yes, "vqa_rad", **{**_QUICK, option: made})


_CALLS: dict[str, Callable[[Any], Any]] = {
    "evaluate": lambda made: harness.evaluate(made, "vqa_rad", **_QUICK),
    "a function that returns": lambda made: harness.evaluate(lambda _: made, "vqa_rad", **_QUICK),
    "a function that replies": lambda made: harness.evaluate(lambda requests: [made for _ in requests], "vqa_rad", **_QUICK),
    "score": lambda made: harness.score(made, "vqa_rad", **_QUICK),
    "score a reply": lambda made: harness.score({"1": made, "2": "yes"}, "vqa_rad", **_QUICK),
    "score a row": lambda made: harness.score([{"id": "1", "text": made}], "vqa_rad", **_QUICK),
    "score an id": lambda made: harness.score([{"id": made, "text": "yes"}], "vqa_rad", **_QUICK),
    "score scores": lambda made: harness.score([{"id": "1", "choice_log_probs": made}], "pneumoniamnist", **_QUICK),
    "tasks": lambda made: harness.evaluate(_yes, made, **_QUICK),
    "a task": lambda made: harness.score({"1": "yes"}, made, **_QUICK),
    "load_results": lambda made: harness.load_results(made),
    "compare": lambda made: harness.compare(made, made),
    "open_model": lambda made: harness.open_model(made),
    "tasks()": lambda made: harness.tasks(made),
    **{option: functools.partial(_option, option) for option in _OPTIONS},
}


def _made(text: str, call: Callable[[Any], Any]) -> Any:
    """A call with a value of `VALUES`, made anew."""
    space: dict[str, Any] = {}
    exec(HEAD, space)  # noqa: S102  the same objects as in the files
    return call(eval(text, space))  # noqa: S307  as above


def _of_api(done: Done) -> str:
    return "nothing came back" if done.value is None else ""


def cases() -> Iterator[Case]:
    """Each with one thing wrong."""
    for name, source in _bodies():
        yield Case(kind="models in files", name=name, write=holding("mine.py", source), command=RUN, oracle=counted)
    for (name, text), (what, call) in itertools.product(VALUES.items(), _CALLS.items()):
        yield Case(kind="objects in Python", name=f"{what}: {name}", command=functools.partial(_made, text, call), oracle=_of_api)
