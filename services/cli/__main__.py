"""Entry point of the ``wirewatch`` command."""

import os
import sys
from collections.abc import Mapping

from services.cli import output
from services.cli.app import build
from services.local.settings import LocalSettings
from services.runtime.errors import UnusableFilesError, UsageError
from services.runtime.process import settings


def main() -> None:
    """Run the command line; a :class:`UsageError` is a sentence a mistake on standard error, and exit code 2."""
    try:
        if "--help" not in sys.argv:
            refuse_unknown(os.environ)
        build()()
    except UsageError as error:
        for sentence in error.problems if isinstance(error, UnusableFilesError) else (str(error),):
            output.error(sentence)
        sys.exit(2)
    except SystemExit as ending:
        if not _reader_is_gone(ending):
            raise
        # head or less went away, which is not our failure. What is still in the buffer must not fail at the exit, too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(0)


def refuse_unknown(environ: Mapping[str, str]) -> None:
    """Raise :class:`UsageError` for a ``WIREWATCH_`` variable that is neither ours nor has the name of a service.

    A service checks its own variables when it starts, and `wirewatch up` before it starts any.
    """
    unknown = settings.unknown("local", settings.variables(LocalSettings, "local"), environ)
    if unknown:
        from services.local import preflight  # knows every service's settings: more than a correct command needs

        raise settings.unknown_error(unknown[0], "`wirewatch`", preflight.variables())


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
