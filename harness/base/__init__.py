"""What no room owns: digests, the cache folder, versions, locks, a user's code, typography; imports nothing above errors and types."""
