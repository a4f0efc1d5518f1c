"""The archive's SQLite file: its schema, how it is opened, and every question that is asked of it.

The service ``archive`` writes the file; the api, the commands and the MCP server open it read-only. Values in, values
out, synchronous: who must not block calls it in a thread.
"""
