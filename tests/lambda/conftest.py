"""Release bootstraps, each against its own Runtime API, over one store behind an endpoint URL."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import urllib.request

import pytest

from runtime_api import RuntimeApi
from upstream import GatedUpstream

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
RELEASE = TARGET / os.environ.get("SLUICE_PROFILE", "release")
# Nothing that ships: the debug build, which the other stages have made.
STORE = TARGET / "debug/sluice-store-server"
MASTER_KEY = "sk-event-master-key-0000"

# The models that the sample events ask for, and one whose upstream the test holds.
GATED = """
  - model_name: gated
    litellm_params:
      model: openai/gpt-4o-mini
      api_base: {upstream}
      api_key: os.environ/UPSTREAM_KEY
"""

class Function:
    """One bootstrap and its Runtime API."""

    def __init__(self, name: str, env: dict[str, str]) -> None:
        self.api = RuntimeApi()
        self.process = subprocess.Popen(
            [RELEASE / name],
            env={**env, "AWS_LAMBDA_RUNTIME_API": self.api.address, "AWS_LAMBDA_FUNCTION_NAME": name},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if not self.api.polled.wait(30):
            self.process.kill()
            raise RuntimeError(f"{name} never polled: {self.process.communicate()[0]}")

    def invoke(self, event):
        return self.api.invoke(event)

    def stop(self) -> str:
        self.process.kill()
        output = self.process.communicate()[0]
        self.api.stop()
        return output


def call(url: str, operation: str, body: dict) -> None:
    """One DynamoDB operation on the local engine, which checks no signature but wants one."""
    headers = {
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Date": "20261125T000000Z",
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20261125/us-east-1/dynamodb/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=0",
    }
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    urllib.request.urlopen(request, timeout=30).read()


@pytest.fixture(scope="session")
def store_url():
    """The embedded engine in memory, behind loopback HTTP."""
    process = subprocess.Popen(
        [STORE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    url = process.stdout.readline().strip()
    # In AWS the stack owns the tables: the functions do not make them.
    tables = json.loads((ROOT / "shared/store/tables.json").read_text())
    for name, table in tables.items():
        call(url, "CreateTable", {"TableName": f"sluice-{name}", **{k: v for k, v in table.items() if k != "TimeToLive"}})
    yield url
    process.stdin.close()
    process.wait(10)


@pytest.fixture(scope="session")
def upstream():
    upstream = GatedUpstream()
    yield upstream
    upstream.stop()


@pytest.fixture(scope="session")
def environment(store_url, upstream, tmp_path_factory):
    config = tmp_path_factory.mktemp("lambda") / "config.yaml"
    models = (ROOT / "events/config.yaml").read_text().rstrip()
    config.write_text(models + GATED.format(upstream=upstream.url))
    return {
        "PATH": os.environ["PATH"],
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_DYNAMODB": store_url,
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH": "true",
        "SLUICE_TABLE_CORE": "sluice-core",
        "SLUICE_TABLE_USAGE": "sluice-usage",
        "SLUICE_TABLE_CACHE": "sluice-cache",
        "SLUICE_MASTER_KEY": MASTER_KEY,
        "SLUICE_CONFIG": str(config),
        "UPSTREAM_KEY": "sk-upstream",
    }


def function(name, **more):
    @pytest.fixture(scope="session", name=name.replace("-", "_"))
    def fixture(environment):
        running = Function(name, {**environment, **more})
        yield running
        output = running.stop()
        assert MASTER_KEY not in output, "the master key was logged"
        assert "panicked" not in output, output

    return fixture


inference = function("inference", SLUICE_RESPONSE_MODE="stream")
admin = function("admin", SLUICE_RESPONSE_MODE="buffered")
budget_reset = function("budget-reset")


def event(name: str) -> dict:
    return json.loads((ROOT / "events" / name).read_text())


def rest(method: str, path: str, body: dict | None = None, key: str = MASTER_KEY, query: dict | None = None) -> dict:
    """A REST API (v1) event made from the sample one."""
    made = event("inference-apigw-rest-chat.json")
    made["httpMethod"] = method
    made["path"] = path
    made["requestContext"]["httpMethod"] = method
    made["requestContext"]["path"] = path
    for headers in (made["headers"], made["multiValueHeaders"]):
        for name in [name for name in headers if name.lower() == "authorization"]:
            del headers[name]
    made["headers"]["Authorization"] = f"Bearer {key}"
    made["multiValueHeaders"]["Authorization"] = [f"Bearer {key}"]
    made["queryStringParameters"] = query
    made["multiValueQueryStringParameters"] = {k: [v] for k, v in (query or {}).items()} or None
    made["body"] = None if body is None else json.dumps(body)
    made["isBase64Encoded"] = False
    return made
