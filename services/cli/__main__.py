"""Entry point of the ``wirewatch`` command."""

from __future__ import annotations

import os
import sys

from services.cli.app import build
from services.cli.console import err
from services.cli.environment import refuse_unknown
from services.runtime.errors import UsageError


def main() -> None:
    """Run the command line; a :class:`UsageError` is one sentence on standard error and exit code 2."""
    try:
        if "--help" not in sys.argv:
            refuse_unknown(os.environ)
        build()()
    except UsageError as error:
        err.print(f"[bold red]error:[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()  # the reader (head, less) went away; that is not our failure
        sys.exit(0)


if __name__ == "__main__":
    main()
