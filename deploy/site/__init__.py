"""The documentation site: what `mkdocs.yml` needs beside the Markdown, and the reference pages that code writes."""
