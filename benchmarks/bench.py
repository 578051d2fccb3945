"""Every bar of the whole path, as one table of ratios with both sides taken in this run.

    make bench            (or: python -m benchmarks.bench --lm-eval BIN [--only run,verify,…] [--write])

Each side is a process of its own, from its start to its end; a side's times are those of the least of its repetitions, in CPU seconds where
others use the machine. With --write the table replaces the one in README.md.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, median, variance

from benchmarks import nearest_texts, picture_trees, pictures, releases, text_wall, views
from benchmarks.lines import HEAD, Line, curve
from benchmarks.sides import Spent, spent

_PAGE = Path(__file__).resolve().parent / "README.md"
_BEGIN, _END = "<!-- bench: written by `make bench` -->", "<!-- end of bench -->"
_LM_EVAL_TASK = r"""
task: bench_choice
dataset_path: json
dataset_kwargs: {{data_files: {{test: {file}}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}\nA. yes\nB. no\nC. maybe\nAnswer with the letter or the text of one choice."
doc_to_target: "{{{{answer}}}}"
generation_kwargs: {{until: ["\n"], max_gen_toks: 16}}
metric_list: [{{metric: exact_match, aggregation: mean, higher_is_better: true}}]
"""
_FEW, _SOME, _MANY, _MOST = 3_000, 10_000, 100_000, 400_000
"""The fewest have their intervals made in the same ways as the most: of fewer, SciPy's functions are imported."""
_FOUR_GB = 4e9
_ROUNDS = 6
"""Of short runs, between which the long ones stand: a long run costs what its time costs on average, and so must they."""
_OF_MOST = "; the search for circles is 7 µs of it"
Part = Iterator[Line | str]


def harness(*arguments: str, times: int = 1) -> Spent:
    """The command line as a process."""
    return spent([sys.executable, "-m", "harness", *arguments], {"OMP_NUM_THREADS": "1"}, times=times)


def run(task: str, data: Path, results: Path, *, times: int = 1) -> Spent:
    """A run of the constant model, from nothing."""
    kept = [
        harness(
            *("run", "baseline:constant", "-a", "text=yes", "--tasks", task, "--task-dir", str(releases.TASKS)),
            *("--data-root", str(data), "--results", f"{results}-{number}"),
        )
        for number in range(times)
    ]
    return min(kept, key=lambda found: found.cpu)


def beside_lm_eval(work: Path, lm_eval: str) -> Part:
    """The whole process beside lm-evaluation-harness's own dummy model on the same file, both keeping every sample."""
    taken: dict[str, dict[int, Spent]] = {"ours": {}, "theirs": {}}
    data = {n: releases.choices(work / f"choices-{n}", n) for n in (_FEW, _SOME)}
    rounds = [{n: run("bench_choice", data[n], work / f"ours-{n}-{number}") for n in data} for number in range(_ROUNDS)]
    for n in data:
        taken["ours"][n] = min((round_[n] for round_ in rounds), key=lambda spent_: spent_.cpu)
        tasks = work / f"lm-eval-{n}"
        tasks.mkdir()
        (tasks / "bench_choice.yaml").write_text(_LM_EVAL_TASK.format(file=data[n] / "bench_choice" / "test.jsonl"), encoding="utf-8")
        command = [lm_eval, "--model", "dummy", "--tasks", "bench_choice", "--include_path", str(tasks)]
        command += ["--log_samples", "--output_path", str(work / f"theirs-{n}")]
        env = {"HF_HOME": str(work / "hf"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
        taken["theirs"][n] = spent(command, env, times=2)
    ours, theirs = taken["ours"], taken["theirs"]
    yield Line(
        what=f"{_SOME:,} questions, constant model, whole process; beside it lm-eval 0.4.13's dummy",
        ours=ours[_SOME].shown,
        beside=theirs[_SOME].shown,
        ratio=ours[_SOME].cpu / theirs[_SOME].cpu,
        bar=1 / 7,
    )
    # Half a second is 7,000 samples of ours: the middle one of differences that were taken side by side moves least.
    beyond = {"ours": median(one[_SOME].cpu - one[_FEW].cpu for one in rounds), "theirs": theirs[_SOME].cpu - theirs[_FEW].cpu}
    each = {side: cost / (_SOME - _FEW) for side, cost in beyond.items()}
    yield Line(
        what="the same, CPU per sample beyond start-up, intervals included",
        ours=f"{each['ours'] * 1e6:.0f} µs",
        beside=f"{each['theirs'] * 1e6:.0f} µs",
        ratio=each["ours"] / each["theirs"],
        bar=1 / 12,
        why=f"start-up is {ours[_FEW].cpu:.1f} s beside {theirs[_FEW].cpu:.1f} s",
    )


def growth(work: Path, _: str) -> Part:
    """Time per sample at ten and forty times as many; verification of 100,000 with replies and data."""
    data = {n: releases.choices(work / f"grown-{n}", n) for n in (_FEW, _SOME, _MANY, _MOST)}
    taken: dict[int, list[float]] = {n: [] for n in data}
    for number in range(_ROUNDS):
        for n in (_FEW, _SOME, *{1: [_MANY], 3: [_MOST], 4: [_MANY]}.get(number, [])):
            taken[n].append(run("bench_choice", data[n], work / f"grown-of-{n}-{number}").cpu)
    verified = harness("verify", str(work / f"grown-of-{_MANY}-1-0"), "--task-dir", str(releases.TASKS), "--data-root", str(data[_MANY]))
    yield Line(
        what=f"`verify` of {_MANY:,} samples with replies and data; beside it the run itself",
        ours=verified.shown,
        beside=f"{fmean(taken[_MANY]):.1f} s of CPU",
        ratio=verified.cpu / fmean(taken[_MANY]),
        bar=2,
    )
    start = fmean(taken[_FEW])
    (few, least), *more = points = [(n - _FEW, fmean(taken[n]) - start) for n in (_SOME, _MANY, _MOST)]
    unsure = 2 * math.sqrt(sum(variance(taken[n]) / _ROUNDS for n in (_FEW, _SOME))) / few
    for n, cost in more:
        yield Line(
            what=f"CPU per sample of {n + _FEW:,} beyond the first {_FEW:,}; beside it of {_SOME:,} (twice its standard error)",
            ours=f"{cost / n * 1e6:.0f} µs",
            beside=f"{least / few * 1e6:.0f} ± {unsure * 1e6:.0f} µs",
            ratio=cost / n / (least / few),
            bar=1.1,
            why=f"in calls a sample takes the same (`tests/runs/test_growth_of_runs.py`){_OF_MOST if n + _FEW == _MOST else ''}",
        )
        whole = cost + start, least + start
        yield Line(
            what=f"CPU per sample of {n + _FEW:,}, start-up included; beside it of {_SOME:,}",
            ours=f"{whole[0] / (n + _FEW) * 1e6:.0f} µs",
            beside=f"{whole[1] / _SOME * 1e6:.0f} µs",
            ratio=whole[0] / (n + _FEW) / (whole[1] / _SOME),
            bar=1,
        )
    yield curve(f"A run of the constant model beyond the first {_FEW:,}", "s", points)


def memory(work: Path, _: str) -> Part:
    """400,000 reports with a picture each by its path, from the command to the record."""
    points = []
    for n in (_SOME, _MOST):
        data = releases.reports(work / f"reports-{n}", n, pictures=1000)
        points.append((n, run("bench_report", data, work / f"of-reports-{n}")))
    (few, least), (many, most) = points
    each = (most.memory - least.memory) / (many - few)
    yield Line(
        what=f"memory of {many:,} reports of 57 words with a picture each; beside it 4 GB ({each:,.0f} bytes per sample)",
        ours=f"{most.memory / 1e9:.2f} GB, {most.cpu:.0f} s of CPU",
        beside="4 GB",
        ratio=most.memory / _FOUR_GB,
        bar=1,
    )


PARTS: dict[str, Callable[[Path, str], Part]] = {
    "run": beside_lm_eval,
    "growth": growth,
    "views": views.lines,
    "memory": memory,
    "nearest": nearest_texts.lines,
    "texts": text_wall.lines,
    "pictures": pictures.lines,
    "trees": picture_trees.lines,
}


def machine() -> str:
    """What this was measured on."""
    names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    python = f"Python {platform.python_version()}"
    return f"{os.cpu_count()} cores ({names[0] if names else platform.machine()}), {python}, load {os.getloadavg()[0]:.1f} at the start"


def main() -> None:
    """Measure, print, and write where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lm-eval", default="lm_eval", help="the program of lm-evaluation-harness 0.4.13")
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    begun = time.perf_counter()
    where = machine()
    lines: list[Line] = []
    curves: list[str] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for name in arguments.only.split(","):
            for found in PARTS[name](Path(folder), arguments.lm_eval):
                print(found, flush=True)
                (lines if isinstance(found, Line) else curves).append(found)  # type: ignore[arg-type]
    took = f"{(time.perf_counter() - begun) / 60:.0f} minutes"
    page = "\n".join([_BEGIN, f"{datetime.now(UTC):%Y-%m-%d}: {where}; {took}.", "", HEAD, *map(str, lines), "", *curves, _END])
    if arguments.write:
        before, _, rest = _PAGE.read_text(encoding="utf-8").partition(_BEGIN)
        _PAGE.write_text(before + page + rest.partition(_END)[2], encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
