"""The reference pages of the documentation are what the code writes, and every page has its place on the site."""

from __future__ import annotations

import re

from deploy.site.reference import FOLDER, pages
from tests.unit.deploy.compose import ROOT


def test_the_reference_is_what_the_code_writes() -> None:
    written = {file.name: file.read_text() for file in FOLDER.glob("*.md")}
    assert written == pages(), "run: make docs-reference"


def test_every_page_of_a_reader_is_in_the_navigation() -> None:
    named = set(re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))
    there = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert named <= there
    assert {page for page in there - named if not page.startswith(("decisions/", "measurements/"))} == set()
