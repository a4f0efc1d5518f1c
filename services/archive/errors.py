"""The archive's errors are those of its file: :mod:`services.archive_store.errors`.

A message that is no article or no alert is dead-lettered with reason "undecodable". A full disk is waited for in place;
a file that is damaged, of a newer version or in use ends the service with one sentence and exit code 2.
"""
