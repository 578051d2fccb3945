"""Answers to questions about images, scored as published evaluations score them: each under its own name, defects included.

Nothing here is a recommendation. The rules were read in the public scripts; where a publication has none, its definition says so.
They read the whole reply as the model wrote it, and a reply that is absent or failed is wrong under all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from harness.metrics.answers.canonical import VQA as CANONICAL
from harness.metrics.answers.lists import ANY_ORDER
from harness.metrics.answers.published_counts import Release, run
from harness.metrics.answers.reading import NORMALISER
from harness.metrics.base import Defect, Measure, Metric
from harness.metrics.columns import mean

_NO_IN_UNKNOWN = '"no" is a part of "unknown": every question whose answer is no is right.'
_YES_NO_IS_BOTH = "A reply that says both answers is right whichever is asked for."
_ABNORMAL = '"no" is a part of "abnormal": the reply answers yes and no at once.'
_WHOLE_REPLY = "The whole reply is read, a system's reasoning included."


def published(release: Release) -> tuple[Metric, ...]:
    """The metrics of the published evaluations for one release, beside `answers.VQA`."""
    metric = partial(Metric, measure=Measure(name=f"published_{release.name}", run=partial(run, release=release)))
    marked, yes_no = ("all", "closed", "open"), ("all", "yes_no", "free_form")
    by = release.medevalkit_closed
    llava_med = partial(metric, source="LLaVA-Med (Li et al., 2023), public code of its first release")
    return (
        metric(
            name="exact_match",
            variant="biomedgpt",
            value=mean("biomedgpt"),
            options={
                "text": "stripped",
                "answer": "lower,no tabs" if release.biomedgpt_lower else "as released,blanks kept",
                "match": "equality,cased",
            },
            slices=marked,
            summary="Share of stripped replies that are the answer letter for letter, case included.",
            source="BiomedGPT (Zhang et al., 2024), public evaluation",
            pitfalls=(
                "BiomedGPT chooses from a list that holds the test answers; a free reply has no such help.",
                "The preprocessing lower-cases the answers: a reply in the release's own case is wrong."
                if release.biomedgpt_lower
                else "The answers keep the release's case and blanks: a reply in another case is wrong, as is one blank for two.",
                "An answer with outer blanks cannot be given: the reply is stripped, and the answer is not.",
                "The script prints one figure; the slices are ours.",
            ),
        ),
        llava_med(
            name="token_recall",
            variant="llava_med",
            value=mean("llava_med_recall"),
            options={"normaliser": "vqaeval,twice", "counting": "as often as the reply says a word", "aggregation": "mean"},
            slices=marked,
            summary="LLaVA-Med's recall: the answer's words that the reply says, as often as it says them, over those and the missing.",
            pitfalls=(
                "Printed as accuracy on open questions by LLaVA-Med and most that cite it.",
                "Saying a word twice raises it: two words of three said once is 2/3, said twice 4/5.",
                _WHOLE_REPLY,
            ),
            known_defects=(Defect(predictions="yes no", slice="closed", reason=_YES_NO_IS_BOTH),),
        ),
        llava_med(
            name="accuracy",
            variant="llava_med",
            value=mean("llava_med_right"),
            options={"normaliser": "vqaeval", "match": "substring"},
            slices=marked,
            summary="Share of replies that contain the answer, inside words too: LLaVA-Med's batch script.",
            pitfalls=(
                "Only the closed figure is what its papers print; for open questions they print token recall.",
                'The answer "a" normalises to nothing, which every reply contains.',
                _WHOLE_REPLY,
            ),
            known_defects=(
                Defect(predictions="unknown", slice="closed", reason=_NO_IN_UNKNOWN),
                Defect(predictions="yes no", slice="closed", reason=_YES_NO_IS_BOTH),
                Defect(predictions="Yes, this is abnormal.", slice="closed", reason=_ABNORMAL),
            ),
        ),
        llava_med(
            name="accuracy",
            variant="llava_med-v1",
            value=mean("llava_med_v1_right", of="llava_med_v1_counted"),
            options={"normaliser": "vqaeval", "match": "substring", "count": "without wrong replies that hold yes or no"},
            slices=("closed",),
            summary="LLaVA-Med's first script on closed questions: wrong replies with yes or no in them are not counted at all.",
            pitfalls=(
                "Fewer questions are counted than n says: a system that always says yes is right every time it is counted.",
                "A right answer other than yes and no is wrong.",
            ),
            known_defects=tuple(
                Defect(predictions=text, slice="closed", reason="Wrong replies with yes or no in them leave the count.")
                for text in ("unknown", "yes no", "Yes, this is abnormal.")
            ),
        ),
        *(_med_palm_m(name) for name in ("token_f1", "bleu_1")),
        *_multimedeval(metric, yes_no),
        metric(
            name="accuracy",
            variant="medevalkit",
            value=mean("medevalkit_right"),
            options={
                "reply": "boxed, tagged or announced",
                "closed": f"{by},one substring of yes and no",
                "open": "equality,blanks kept",
                "judge": "none",
            },
            slices=yes_no if by == "yes_no" else marked,
            summary="MedEvalKit without its judge: closed questions by the substrings yes and no, open ones by equality.",
            source="MedEvalKit (Lingshu team, 2025), public code",
            pitfalls=(
                "Its published tables let a language model decide about open answers: they do not compare with this.",
                '"Yes, this is abnormal." holds both "yes" and "no" and is wrong.',
                "A blank before an announced answer makes it unequal.",
            ),
            # SLAKE writes Yes and No with capitals, which the rule for it does not take for yes and no.
            known_defects=(Defect(predictions="unknown", slice="yes_no", reason=_NO_IN_UNKNOWN),) if by == "yes_no" else (),
        ),
    )


def _multimedeval(metric: Callable[..., Metric], yes_no: tuple[str, ...]) -> Iterator[Metric]:
    options = {"normaliser": "vqaeval", "words": "set", "aggregation": "mean"}
    own = partial(metric, variant="multimedeval", source="MultiMedEval (Royer et al., 2024), public code, VQA task family")
    yield own(
        name="token_f1",
        value=mean("multimedeval_f1"),
        options={**options, "epsilon": "1e-8"},
        slices=("all",),
        summary="Mean F1 of the sets of words in reply and answer.",
        pitfalls=("A constant in the denominator keeps a perfect reply at 0.999999995.",),
    )
    yield own(
        name="token_recall",
        value=mean("multimedeval_recall"),
        options=options,
        slices=yes_no,
        summary="Mean share of the answer's distinct words that the reply says.",
        pitfalls=("Rewards long replies.",),
        known_defects=(Defect(predictions="yes no", slice="yes_no", reason=_YES_NO_IS_BOTH),),
    )
    yield own(
        name="bleu_1",
        value=mean("multimedeval_bleu_1"),
        options={**options, "words": "list", "smoothing": "none", "precision": "double"},
        slices=("all",),
        summary="Mean BLEU-1 of single replies, as torchmetrics computes it.",
        pitfalls=("The mean of sentence scores: not a corpus score. The original's single precision is not reproduced.",),
    )
    yield own(
        name="accuracy",
        value=mean("multimedeval_right"),
        options={**options, "closed": "answer yes or no, recall>=0.4 with no={no,not}", "open": "recall>=0.75"},
        slices=yes_no,
        summary="Share of replies with enough of the answer's words: 40 % on yes-no questions, 75 % on the others.",
        pitfalls=("The code prints its two parts and no whole.", '"not" answers no, wherever it stands in the reply.'),
        known_defects=(Defect(predictions="yes no", slice="yes_no", reason=_YES_NO_IS_BOTH),),
    )


def _med_palm_m(name: str) -> Metric:
    """The canonical score under the name of a publication that describes it in words alone."""
    [ours] = [metric for metric in CANONICAL if metric.name == name]
    return replace(
        ours,
        variant="med_palm_m",
        options={**ours.options, "normaliser": f"{NORMALISER},theirs is unpublished"},
        slices=("all",),
        summary=f"{ours.summary.removesuffix('.')}; over all questions, as Med-PaLM M reports it.",
        source="Med-PaLM M (Tu et al., 2023), in words; its code and normalisation are not public, ours stand in",
        pitfalls=("Equal to the canonical score by construction: what the publication normalised is not known.",),
        known_defects=(),
    )


RELEASES = (
    Release(name="vqa_rad", biomedgpt_lower=True, medevalkit_closed="yes_no"),
    Release(name="slake", biomedgpt_lower=False, medevalkit_closed="answer_type"),
    Release(name="path_vqa", biomedgpt_lower=False, medevalkit_closed="yes_no"),
)
"""BiomedGPT's preprocessing lower-cases VQA-RAD alone; MedEvalKit reads SLAKE's own mark of closed questions."""

PUBLISHED = {release.name: published(release) for release in RELEASES}
VQA_RAD, PATH_VQA = ((*CANONICAL, *PUBLISHED[name]) for name in ("vqa_rad", "path_vqa"))
SLAKE = (*CANONICAL, ANY_ORDER, *PUBLISHED["slake"])
"""What each task computes: the canonical scores, then those of the published evaluations."""
