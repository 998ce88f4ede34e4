"""Release bootstraps, each against its own Runtime API, over one store behind an endpoint URL."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess

import pytest

from runtime_api import RuntimeApi
from upstream import GatedUpstream

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
RELEASE = TARGET / os.environ.get("SLUICE_PROFILE", "release")
MASTER_KEY = "sk-event-master-key-0000"

CONFIG = """
model_list:
  - model_name: demo
    litellm_params:
      model: demo/demo
      input_cost_per_token: 0.0000001
      output_cost_per_token: 0.0000004
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


@pytest.fixture(scope="session")
def store_url():
    """The embedded engine in memory, behind loopback HTTP."""
    process = subprocess.Popen(
        [RELEASE / "sluice-store-server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    url = process.stdout.readline().strip()
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
    config.write_text(CONFIG.format(upstream=upstream.url))
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
