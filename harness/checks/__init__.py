"""Whether a task, a metric, a release or a machine is as it should be; and the beginnings of a new task."""
