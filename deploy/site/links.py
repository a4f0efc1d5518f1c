"""A hook of MkDocs: pages link to files beside docs/ as on a code host; on the site those files are copies under repo/.

A page may say ``../schemas/alert.v1.schema.json``: the file is added to the site, and the link leads to it. A link to a
folder leads to its README. What a link names and the repository does not have stays as it is, so that the strict build
reports it.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links that leave docs/ into links to copies."""
    folder = posixpath.dirname(page.file.src_uri)

    def replaced(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join("docs", folder, match[1]))
        if target.startswith("docs/"):
            inside = ROOT / target
            if inside.is_dir() and (inside / "README.md").is_file():
                return f"]({posixpath.join(match[1], 'README.md')})"
            return match[0]
        source = ROOT / target
        if source.is_dir():
            source, target = source / "README.md", posixpath.join(target, "README.md")
        if not source.is_file():
            return match[0]
        copy = f"repo/{target}.txt" if source.suffix == ".md" else f"repo/{target}"
        if files.get_file_from_path(copy) is None:
            files.append(File.generated(config, copy, content=source.read_bytes()))
        return f"]({posixpath.relpath(copy, folder or '.')}{match[2] or ''})"

    return _LINK.sub(replaced, markdown)
