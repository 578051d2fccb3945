"""From a task's name to its examples: the catalog, a reader per layout of a release, and how releases are fetched."""
