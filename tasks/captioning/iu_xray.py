"""IU X-ray: reports of chest X-rays (Demner-Fushman et al., 2016), in bioCaption's and in R2Gen's form."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.clinical import reports
from harness.metrics.texts import captions
from harness.rows import Row
from harness.text import one_line
from harness.types import Example, Input, Task


def one_image(row: Row) -> Example[str]:
    """BioCaption's: one picture, and its report's impression and findings."""
    return Example(
        id=row.identifier("image"),
        input=Input(text="an impression and findings", images=(row.image(row.text("image")),)),
        target=one_line(f"{row.text('impression')} {row.text('findings')}"),
        group=row.identifier("uid"),  # the views of one report share its text
    )


def two_views(row: Row) -> Example[str]:
    """R2Gen's: all views of a study, and its findings."""
    return Example(
        id=row.identifier("id"),
        input=Input(text="the findings", images=tuple(row.image(name) for name in row.texts("image_path"))),
        target=one_line(row.text("report")),
        group=row.identifier("id"),
    )


def task(card: Card) -> Task[str]:
    """The task of a card."""
    if card.facts["target"] == "impression_findings":
        return families.describe(card, one_image, (*captions.CAPTIONS, *reports.REPORTS))
    return families.describe(card, two_views, (*captions.CAPTIONS, *captions.R2GEN_IU, *reports.REPORTS))
