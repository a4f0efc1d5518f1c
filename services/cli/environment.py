"""The variables that every command is given: one that nobody reads is a mistake, and is said at once."""

from __future__ import annotations

from collections.abc import Mapping

from services.local.settings import LocalSettings
from services.runtime.process import settings


def refuse_unknown(environ: Mapping[str, str]) -> None:
    """Raise :class:`SettingError` for a ``WIREWATCH_`` variable that is neither ours nor has the name of a service.

    A service's own variables are its matter: it looks at them when it starts, `wirewatch up` before it starts any.
    """
    unknown = settings.unknown("local", settings.variables(LocalSettings, "local"), environ)
    if unknown:
        from services.local import preflight  # knows every service's settings: more than a command without fault needs

        raise settings.unknown_error(unknown[0], "`wirewatch`", preflight.variables())
