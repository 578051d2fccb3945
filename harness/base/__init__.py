"""What no room owns: digests, the cache folder, versions, locks, a user's code, typography, and how a file is read into a record."""
