"""What a schema registry is given needs nothing else, and says what the schemas say."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "schemas" / "examples"

pytestmark = pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="no curl and jq here")


def registered() -> dict[str, Any]:
    """What the script sends, by path."""
    taken: dict[str, Any] = {}

    class Registry(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken[self.path] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"id":1}')

        def do_PUT(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        script, url = ROOT / "deploy" / "schema-registry" / "register.sh", f"http://127.0.0.1:{server.server_port}"
        subprocess.run(["bash", str(script), url], check=True, timeout=60, capture_output=True)
    finally:
        server.shutdown()
        server.server_close()
    return taken


def test_the_public_topics_are_registered_whole() -> None:
    taken = registered()

    assert set(taken) == {
        *("/subjects/alerts-value/versions", "/config/alerts-value"),
        *("/subjects/articles.tagged-value/versions", "/config/articles.tagged-value"),
    }
    for subject, name in (("alerts", "alert.v1"), ("articles.tagged", "tagged_article.v1")):
        sent = taken[f"/subjects/{subject}-value/versions"]
        assert sent["schemaType"] == "JSON"
        schema = json.loads(sent["schema"])
        assert set(_references(schema)) <= {f"#/$defs/{each}" for each in schema["$defs"]}
        validator = Draft7Validator(schema)
        files = sorted((EXAMPLES / name / "valid").glob("*.json"))
        assert files
        for file in files:
            example = json.loads(file.read_text("utf-8"))
            assert list(validator.iter_errors(example)) == [], file
            assert list(validator.iter_errors({**example, "story_id": 7}))


def _references(part: Any) -> list[str]:
    found = []
    if isinstance(part, dict):
        found = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
    children = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return found + [each for child in children for each in _references(child)]
