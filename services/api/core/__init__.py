"""The pure part: what a request asks for, and cursors."""
