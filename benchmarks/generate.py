"""Tokens per second of a run on a transformers checkpoint, against a bare `generate` loop over the same batches.

    python benchmarks/generate.py [--requests 128] [--pairs 5] [--width 256] [--layers 4] [--new-tokens 32] [--device auto]

A random Llama-like model of the given size is saved and opened as `harness run hf:…` opens it. The harness's side is the runner: it
encodes, answers, sets thoughts apart, counts and journals. The bare side encodes, generates and decodes, in one loop. Both run in this
process, one after the other, and must write the same texts; the ratio is the median over interleaved pairs.
On a machine that others use too, the ratio of CPU times says more. Where lm-evaluation-harness is installed (`pip install lm-eval`),
scoring of choices is timed against it too.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from harness import models
from harness.base import torch_vision, user_code
from harness.data import catalog, examples
from harness.runs import runner
from harness.runs.journal import Journal
from harness.types import Decoding, Input, Pipelined, Request, Scene

_WORDS = (
    "the lungs are clear without focal consolidation effusion or pneumothorax and heart size is normal left right lower upper lobe".split()
)
_CHOICES = ("benign without a callback", "malignant and growing", "nothing of the kind")


def requests(n: int, new_tokens: int) -> list[Request]:
    """Invented questions of 10 to 120 words."""
    rng = random.Random(7)
    decoding = Decoding(max_new_tokens=new_tokens)
    prompts = [" ".join(rng.choices(_WORDS, k=rng.randint(10, 120))) for _ in range(n)]
    return [Request(id=str(number), prompt=prompt, item=Input(text=prompt), decoding=decoding) for number, prompt in enumerate(prompts)]


def checkpoint(folder: Path, *, width: int, layers: int) -> None:
    """A random model with a tokeniser of its own."""
    from transformers import LlamaConfig, LlamaForCausalLM

    tiny = user_code.load(Path(__file__).parents[1] / "tests" / "models" / "tiny.py", "tests", again=False)
    words = tiny.tokenizer(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(words), hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers, num_attention_heads=width // 64,
        num_key_value_heads=width // 64, max_position_embeddings=4096, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)


def bare(answerer: Any, batches: Sequence[Sequence[Request]], new_tokens: int) -> tuple[list[str], int]:
    """The library's own loop: texts in the batches' order, and tokens written."""
    model, tokenizer = answerer.loaded.model, answerer.prompter.tokenizer
    texts: list[str] = []
    tokens = 0
    for batch in batches:
        inputs = tokenizer([request.prompt for request in batch], padding=True, return_tensors="pt").to(answerer.loaded.device)
        with torch.inference_mode():
            output = model.generate(**inputs, max_new_tokens=new_tokens, do_sample=False, pad_token_id=0)
        rows = output[:, inputs["input_ids"].shape[1] :]
        tokens += int((rows != 0).sum())
        texts += [text.strip() for text in tokenizer.batch_decode(rows, skip_special_tokens=True)]
    return texts, tokens


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("requests", 128), ("pairs", 5), ("width", 256), ("layers", 4), ("new-tokens", 32)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    torch_vision.ready()
    asked = requests(given.requests, given.new_tokens)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        checkpoint(folder, width=given.width, layers=given.layers)
        answerer = _answerer(folder, given.device)
        batches = [[asked[place] for place in part] for part in answerer.partition(asked, None)]
        info = answerer.info
        print(f"{info.parameters / 1e6:.0f} M parameters, {info.precision} on {info.device}, {len(batches)} batches")
        bare(answerer, batches[:1], given.new_tokens)
        ratios, work = [], []
        for number in range(given.pairs):
            started, worked = time.perf_counter(), time.process_time()
            texts, tokens = bare(answerer, batches, given.new_tokens)
            plain, plain_work = tokens / (time.perf_counter() - started), time.process_time() - worked
            started, worked = time.perf_counter(), time.process_time()
            run = folder / f"run{number}"
            run.mkdir()
            kept = [runner.Asked(request=request, digest="") for request in asked]
            replies = runner.run(answerer, kept, Journal(run), batch_size=None)
            ours = sum(reply.usage["completion"] for reply in replies) / (time.perf_counter() - started)
            work.append(plain_work / (time.process_time() - worked))
            by_id = dict(zip([request.id for batch in batches for request in batch], texts, strict=True))
            different = sum(by_id[request.id] != reply.text for request, reply in zip(asked, replies, strict=True))
            ratios.append(ours / plain)
            assert not different, f"{different} texts differ"
            print(f"bare {plain:8,.0f} tokens/s   harness {ours:8,.0f} tokens/s   ratio {ratios[-1]:.3f}   of CPU time {work[-1]:.3f}")
        print(f"median ratio {statistics.median(ratios):.3f}, of CPU time {statistics.median(work):.3f}")
        if importlib.util.find_spec("lm_eval"):
            _choices(answerer, asked, given.pairs)
    return 0


def _choices(answerer: Any, asked: Sequence[Request], pairs: int) -> None:
    """Seconds of lm-evaluation-harness for each of ours, scoring three choices per question; ours writes a first token besides."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    one = replace(asked[0].decoding, max_new_tokens=1, score_choices=True)
    scored = [replace(request, item=replace(request.item, choices=_CHOICES), decoding=one) for request in asked]
    answerer.info = replace(answerer.info, scores="softmax")
    size = max(len(part) for part in answerer.partition(scored, None))
    theirs = HFLM(
        pretrained=answerer.loaded.model, tokenizer=answerer.prompter.tokenizer, backend="causal", batch_size=size, max_length=4096
    )
    pairs_asked = [
        Instance("loglikelihood", {}, (request.prompt, f" {choice}"), number)
        for number, request in enumerate(scored)
        for choice in _CHOICES
    ]
    ratios = []
    for _ in range(pairs):
        started = time.perf_counter()
        found = theirs.loglikelihood(pairs_asked, disable_tqdm=True)
        other = time.perf_counter() - started
        started = time.perf_counter()
        replies = [answerer.generate([scored[place] for place in part]) for part in answerer.partition(scored, size)]
        ratios.append(other / (time.perf_counter() - started))
    order = [place for part in answerer.partition(scored, size) for place in part]
    own = dict(zip(order, (response.choice_log_probs for part in replies for response in part), strict=True))
    apart = max(abs(value - found[3 * place + n][0]) for place in order for n, value in enumerate(own[place]))
    print(f"choices: lm-evaluation-harness takes {statistics.median(ratios):.2f} times as long; scores differ by at most {apart:.1g}")


def _answerer(folder: Path, device: str) -> Any:
    dataset = examples.load(catalog.task("meqsum"), sample=True)
    scene = Scene(task=dataset.task, split="test", examples=dataset.examples)
    answerer = models.open_model(f"hf:{folder}", {"device": device}).for_task(scene)
    assert isinstance(answerer, Pipelined)
    return answerer


if __name__ == "__main__":
    sys.exit(main())
