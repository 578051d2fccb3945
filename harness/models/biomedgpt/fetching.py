"""BiomedGPT's vocabulary, brought to this machine as releases are."""

from __future__ import annotations

from typing import Literal

from harness.data.fetch.download import Observe, download
from harness.data.fetch.releases import Fetched
from harness.data.fetch.remote import is_there
from harness.models.biomedgpt import vocabulary_files

VOCABULARY = "biomedgpt-vocabulary"
"""What can be fetched beside releases: the three files that BiomedGPT checkpoints read and write text with."""


def fetch_vocabulary(observe: Observe = lambda _done, _total: None) -> Fetched:
    """Bring BiomedGPT's vocabulary, three files, to where its checkpoints look for it.

    Raises:
        PrerequisiteError: As `releases.fetch`.
    """
    folder = vocabulary_files.home()
    status: Literal["fetched", "there"] = "there"
    for name, remote in vocabulary_files.FILES.items():
        if not is_there(remote, folder / name):
            download(remote, folder / name, observe)
            status = "fetched"
    return Fetched(name=VOCABULARY, status=status, paths=tuple(folder / name for name in vocabulary_files.FILES), checked="SHA-256")
