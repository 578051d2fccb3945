"""What people graded stands in groups of its own, before what was measured otherwise; nothing of it is compared."""

from __future__ import annotations

from harness.views import graded


def test_gradings_of_vqa_rad_stand_first_and_by_their_values() -> None:
    """BiomedGPT (Nature Medicine 2024): 54.7 % and 53.0 %; its repository's figure: the others. 58 values of 9 gradings."""
    groups = graded.groups("vqa_rad")
    own = graded.graded("vqa_rad")
    assert groups[: len(own)] == own
    assert (len(own), sum(len(group.values) for group in own)) == (9, 56)
    first = own[0]
    assert first.called == "accuracy manual (VQA-RAD)"
    assert [graded.written(other) for other in first.values[:3]] == ["54.7 % (+-5.7)", "53.0 % (+-6.7)", "52.1 %"]
    assert groups[-1].why == "unweighted mean of two slices, no metric of the task"
    diagnosis = next(group for group in own if group.metric == "correct_manual_disease_diagnosis")
    assert [(graded.written(other), other.system) for other in diagnosis.values[:1]] == [("32 of 60", "Instruct-BiomedGPT-B")]
    assert graded.groups("pneumoniamnist") == []
