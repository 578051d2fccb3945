"""The records that travel between adapters, models and scoring: frozen, keyword-only, light to import."""

from __future__ import annotations

from harness.images.image import Image as Image
from harness.types.models import Backend as Backend
from harness.types.models import Model as Model
from harness.types.models import Pipelined as Pipelined
from harness.types.models import Streaming as Streaming
from harness.types.records import Decoding as Decoding
from harness.types.records import Estimate as Estimate
from harness.types.records import Example as Example
from harness.types.records import Input as Input
from harness.types.records import ModelFacts as ModelFacts
from harness.types.records import ModelInfo as ModelInfo
from harness.types.records import Outcome as Outcome
from harness.types.records import Request as Request
from harness.types.records import Response as Response
from harness.types.records import Scene as Scene
from harness.types.records import Scores as Scores
from harness.types.records import Task as Task
