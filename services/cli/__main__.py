"""Entry point of the ``wirewatch`` command."""

from __future__ import annotations

import os
import sys

from services.cli import output
from services.cli.app import build
from services.cli.environment import refuse_unknown
from services.runtime.errors import UsageError


def main() -> None:
    """Run the command line; a :class:`UsageError` is one sentence on standard error and exit code 2."""
    try:
        if "--help" not in sys.argv:
            refuse_unknown(os.environ)
        build()()
    except UsageError as error:
        output.error(str(error))
        sys.exit(2)
    except SystemExit as ending:
        if not _reader_is_gone(ending):
            raise
        # head or less went away, which is not our failure. What is still in the buffer must not fail at the exit, too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(0)


def _reader_is_gone(ending: SystemExit) -> bool:
    """Whether the command ended because nobody reads its output: click and rich both make that an exit with code 1."""
    if isinstance(ending.__context__, BrokenPipeError):
        return True
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return True
    return False


if __name__ == "__main__":
    main()
