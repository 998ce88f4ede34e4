"""The OpenAPI document is what is served: schemathesis calls every route with all that the document
allows, and with what it does not. A short run here; tests/openapi/run is the long one."""

import os
import pathlib
import subprocess
import sys

import pytest

import stack

#: Seconds that a run takes at most.
SECONDS = int(os.environ.get("SLUICE_OPENAPI_SECONDS", "40"))
#: The run's seed: the same cases each time, unless another one is asked for.
SEED = os.environ.get("SLUICE_OPENAPI_SEED", "1")

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "ignored_auth",
]


def known(gateway):
    """Makes what the hooks name, so that calls reach further than "there is no such team"."""
    for path, body in [
        ("/user/new", {"user_id": "known"}),
        ("/team/new", {"team_id": "known"}),
        ("/budget/new", {"budget_id": "known"}),
        ("/customer/new", {"user_id": "known"}),
    ]:
        gateway.admin("POST", path, json=body)
    return gateway.new_key(user_id="known", team_id="known")


def explore(gateway, key, folder):
    """A run with a key: what schemathesis prints, and whether it found anything."""
    command = [
        pathlib.Path(sys.executable).parent / "schemathesis", "run", f"{gateway.url}/openapi.json",
        "--header", f"Authorization: Bearer {key}",
        "--checks", ",".join(CHECKS),
        "--phases", "coverage,fuzzing",
        "--max-time", str(SECONDS),
        "--seed", SEED,
        "--suppress-health-check", "all",
        "--generation-database", "none",
        "--warnings", "off",
        "--continue-on-failure",
        "--no-color",
    ]
    hooks = pathlib.Path(__file__).with_name("openapi_hooks.py")
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": str(hooks), "SLUICE_KNOWN_KEY": known(gateway)}
    run = subprocess.run(
        command, cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    return run.returncode, run.stdout


@pytest.mark.timeout(SECONDS * 3 + 120)
@pytest.mark.parametrize("who", ["admin", "plain"])
def test_no_call_fails_the_server_or_is_answered_as_no_document_says(own_gateway, tmp_path, who):
    key = stack.MASTER_KEY if who == "admin" else own_gateway.new_key()
    code, text = explore(own_gateway, key, tmp_path)
    assert code == 0, text


def test_the_document_and_its_page_need_no_key_and_nothing_from_elsewhere(gateway):
    document = gateway.http.get(f"{gateway.url}/openapi.json")
    assert document.json()["openapi"] == "3.1.0"
    page = gateway.http.get(f"{gateway.url}/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "connect-src 'self'" in page.headers["content-security-policy"]
    assert "://" not in page.text.replace("http://www.w3.org", "")
