"""Ask, score and record: from a task and a model to a record on disk, and back to verify it."""
