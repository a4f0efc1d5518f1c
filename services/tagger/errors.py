"""What the tagger refuses.

UnusableFilesError
├── PackError     a topic pack or a data file of actors, places or vocabulary cannot be used
"""

from services.runtime.errors import UnusableFilesError


class PackError(UnusableFilesError):
    """Packs or their data files; nothing of them is taken."""
