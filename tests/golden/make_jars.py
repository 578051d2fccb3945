"""Writes jars.json: what the PTB tokeniser and METEOR 1.5 say of invented texts, asked directly, without the harness.

python tests/golden/make_jars.py    (needs Java and pycocoevalcap)
"""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pycocoevalcap

PACKAGE = Path(pycocoevalcap.__file__ or next(iter(pycocoevalcap.__path__))).resolve()
PACKAGE = PACKAGE if PACKAGE.is_dir() else PACKAGE.parent
JAVA = ["java", "-Duser.language=en", "-Duser.country=US", "-Dfile.encoding=UTF-8"]

TEXTS = [
    "The heart (size) is normal; no acute disease.",
    "",
    "X-ray of the left hand: 3.2 cm lesion, w/o fracture and/or dislocation.",
    "Seen at 3 p.m. by Dr. Smith; the patient's pain didn't change, she can't sit.",
    "A [bracketed] {phrase} and a \"quoted\" 'word'.",
    "1. First 2) second: 50% of $3.50, T2-weighted at C5-C6.",
    "What is this??? Why!! *** yes",
    "Größe 5 µm, café, 中文 文本",
    "e.g. i.e. etc. vs. the U.S. guideline",
    "one -- two --- three ... four",
    "normal",
]

WORDS = (
    "the a no acute cardiopulmonary disease heart cardiac size is normal lungs lung are clear cleared effusion effusions pneumothorax mild"
    " enlarged big large left right lower lobe opacity opacities of with there was seen noted"
).split()


def meteor_pairs() -> list[tuple[str, list[str]]]:
    """Hypotheses made from their references, some whole, some empty, some with several references."""
    rng = random.Random(11)
    made: list[tuple[str, list[str]]] = [("", ["the heart"]), ("the heart", [""]), ("", [""]), ("normal", ["normal", "clear"])]
    for i in range(60):
        references = [" ".join(rng.choices(WORDS, k=rng.randint(1, 18))) for _ in range(1 + i % 3)]
        words = references[0].split()
        if i % 6:
            words = [word if rng.random() < 0.65 else rng.choices(WORDS)[0] for word in words][: rng.randint(1, 18)]
        made.append((" ".join(words), references))
    return made


def run(command: list[str], given: str) -> list[str]:
    """Lines that a program prints."""
    done = subprocess.run(command, input=given.encode(), capture_output=True, check=True)
    return done.stdout.decode().split("\n")[:-1]


def main() -> None:
    """Ask both jars."""
    ptb = [*JAVA, "-cp", str(PACKAGE / "tokenizer" / "stanford-corenlp-3.4.1.jar"), "edu.stanford.nlp.process.PTBTokenizer"]
    tokens = run([*ptb, "-preserveLines", "-lowerCase"], "\n".join(TEXTS) + "\n")
    pairs = meteor_pairs()
    meteor = [*JAVA, "-Xmx2G", "-jar", str(PACKAGE / "meteor" / "meteor-1.5.jar"), "-", "-", "-stdio", "-l", "en", "-norm"]
    statistics = run(meteor, "".join(f"SCORE ||| {' ||| '.join(references)} ||| {said}\n" for said, references in pairs))
    *segments, corpus = run(meteor, "EVAL ||| " + " ||| ".join(statistics) + "\n")
    found = {
        "ptb": [{"text": text, "tokens": line} for text, line in zip(TEXTS, tokens, strict=True)],
        "meteor": [
            {"said": said, "references": references, "statistics": line, "segment": float(segment)}
            for (said, references), line, segment in zip(pairs, statistics, segments, strict=True)
        ],
        "meteor_corpus": float(corpus),
    }
    path = Path(__file__).with_name("jars.json")
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
