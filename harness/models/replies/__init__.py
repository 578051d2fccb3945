"""Replies that were given elsewhere: from a file or an object to records, from a record to a reply, from a reply to a task's request."""
