"""The processes under test: the fake providers, and the gateway in front of them."""

import json
import os
import pathlib
import re
import secrets
import select
import signal
import subprocess
import time
import urllib.parse

import httpx

ROOT = pathlib.Path(__file__).resolve().parents[2]
MASTER_KEY = "sk-master-of-the-client-tests"
BUILT = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"

#: Model groups that each reach a deployment of another provider.
GROUPS = {
    "openai": "gpt",
    "anthropic": "claude",
    "bedrock": "nova",
    "sagemaker": "sage",
    "gemini": "flash",
}


def binary(name, variable):
    """The program under test, or a sentence about what to do."""
    path = pathlib.Path(os.environ.get(variable, BUILT / name))
    if not path.exists():
        raise RuntimeError(f"{path} is not built: cargo build -p {name}, or set {variable}")
    return path


class Fakes:
    """The fake providers, in a process of their own."""

    def __init__(self):
        self.process = subprocess.Popen(
            [binary("sluice-fakes", "SLUICE_FAKES_BIN")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.urls = json.loads(self.process.stdout.readline())
        self.http = httpx.Client(trust_env=False)

    def seen(self, provider, containing=""):
        """The requests that a provider received and whose body has this text, oldest first."""
        query = f"?containing={urllib.parse.quote(containing)}" if containing else ""
        return self.http.get(f"{self.urls[provider]}/_seen{query}").json()

    def wait(self, provider, containing, outcome):
        """Waits until the last answer to such a request has this outcome."""
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            seen = self.seen(provider, containing)
            if seen and seen[-1]["outcome"] == outcome:
                return seen[-1]
            time.sleep(0.02)
        raise AssertionError(f"{provider} never saw {containing!r} end as {outcome}")

    def stop(self):
        self.http.close()
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def configuration(urls):
    """A config.yaml (JSON is YAML) whose groups reach the fakes."""
    aws = {
        "aws_region_name": "us-east-1",
        "aws_access_key_id": urls["access_key_id"],
        "aws_secret_access_key": urls["secret_access_key"],
        "aws_bedrock_runtime_endpoint": urls["bedrock"],
        "sagemaker_base_url": urls["sagemaker"],
    }
    openai = {"api_base": f"{urls['openai']}/v1", "api_key": "sk-openai-of-the-gateway"}
    anthropic = {"api_base": urls["anthropic"], "api_key": "sk-ant-of-the-gateway"}
    gemini = {"api_base": urls["gemini"], "api_key": "key-of-the-gateway"}
    azure = {
        "api_base": urls["openai"], "api_key": "key-of-the-gateway", "api_version": "2024-10-21",
    }
    vertex = {
        "api_base": urls["gemini"],
        "vertex_project": "project-1",
        "vertex_location": "europe-west1",
        "vertex_credentials": json.dumps({
            "type": "authorized_user", "client_id": "c", "client_secret": "s",
            "refresh_token": "r", "token_uri": f"{urls['gemini']}/token",
        }),
    }
    price = {"input_cost_per_token": "0.000003", "output_cost_per_token": "0.000015"}
    once, twice = {"max_retries": 0}, {"max_retries": 1}
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/fakeprofile1"

    def entry(group, model, *settings, **info):
        params = {"model": model}
        for setting in settings:
            params.update(setting)
        return {"model_name": group, "litellm_params": params, "model_info": info}

    return {
        "model_list": [
            entry("gpt", "openai/gpt-4o", openai, id="gpt-1"),
            entry("claude", "anthropic/claude-sonnet-4-5", anthropic, id="claude-1"),
            entry("nova", "bedrock/us.amazon.nova-lite-v1:0", aws, id="nova-1"),
            entry(
                "bedrock-claude",
                "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
                aws,
                id="bedrock-claude-1",
            ),
            entry("profile", f"bedrock/{arn}", aws, price, id="profile-1"),
            entry("flash", "gemini/gemini-2.5-flash", gemini, id="flash-1"),
            entry("embed-google", "gemini/gemini-embedding-001", gemini, id="embed-google-1"),
            entry("embed-openai", "openai/text-embedding-3-small", openai, id="embed-openai-1"),
            entry("azure", "azure/gpt-4o", azure, id="azure-1"),
            entry("vertex", "vertex_ai/gemini-2.5-flash", vertex, id="vertex-1"),
            entry("deepseek", "deepseek/deepseek-reasoner", openai, price, id="deepseek-1"),
            entry("three", "gemini/gemini-3-pro-preview", gemini, price, id="three-1"),
            entry("sage", "sagemaker_chat/llama", aws, price, id="sage-1"),
            entry("priced", "openai/priced", openai, price, id="priced-1"),
            entry("odd-price", "openai/odd", openai, id="odd-1",
                  input_cost_per_token="0.000000033", output_cost_per_token="0.000000077"),
            entry("unpriced", "openai/nobody-knows-this-one", openai, id="unpriced-1"),
            entry("wrong-key", "openai/gpt-4o", {**openai, "api_key": "sk-wrong-key-of-the-gateway"}, once, id="wrong-1"),
            entry("unreachable", "openai/gpt-4o", {**openai, "api_base": "http://127.0.0.1:9/v1"},
                  once, id="unreachable-1"),
            entry("spare", "openai/fake-error-500", openai, price, {"order": 1, **twice},
                  id="spare-1"),
            entry("spare", "openai/gpt-4o", openai, price, {"order": 2, **twice}, id="spare-2"),
            entry("hasty", "openai/gpt-4o", openai, once, {"timeout": 1, "stream_timeout": 1},
                  id="hasty-1"),
            entry("strict-openai", "openai/gpt-4o", openai, {"drop_params": False}, id="strict-1"),
            entry("demo", "demo/echo", price, id="demo-1"),
        ],
        "general_settings": {"max_request_size_mb": 1, "lease_seconds": 30},
        "litellm_settings": {"num_retries": 0},
        "router_settings": {"model_group_alias": {"gpt-alias": "gpt"}},
    }


class Gateway:
    """The gateway, in a process of its own, with its data in a folder that outlives it."""

    def __init__(self, folder, urls, tls=False, config=None, environment=None):
        self.folder = pathlib.Path(folder)
        self.tls = tls
        self.environment = environment or {}
        self.config = self.folder / "config.yaml"
        self.config.write_text(json.dumps(config or configuration(urls), indent=1))
        self.start()

    def start(self):
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("AWS_")
        }
        environment.update(
            SLUICE_MASTER_KEY=MASTER_KEY,
            AWS_EC2_METADATA_DISABLED="true",
            RUST_BACKTRACE="1",
            **self.environment,
        )
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            environment.pop(name, None)
            environment.pop(name.lower(), None)
        command = [binary("sluice", "SLUICE_BIN"), "--config", self.config, "--port", "0",
                   "--data-dir", self.folder / "data"]
        if self.tls:
            command.append("--tls")
        self.log = open(self.folder / "gateway.log", "a")
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment
        )
        self.url = self._ready()
        self.http = httpx.Client(
            base_url=self.url,
            verify=self.context() if self.tls else False,
            trust_env=False,
            timeout=30,
        )

    def _ready(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if select.select([self.process.stdout], [], [], 0.5)[0]:
                line = self.process.stdout.readline()
                found = re.search(r"https?://[\d.]+:\d+", line)
                if found:
                    return found.group()
                if not line:
                    break
        raise RuntimeError(f"the gateway did not start: {self.logged()[-2000:]}")

    def logged(self):
        self.log.flush()
        return (self.folder / "gateway.log").read_text()

    @property
    def certificate(self):
        return self.folder / "data" / "tls" / "cert.pem"

    def context(self):
        import ssl

        return ssl.create_default_context(cafile=str(self.certificate))

    # Management, as the master key.

    def admin(self, method, path, **arguments):
        headers = {"authorization": f"Bearer {MASTER_KEY}"}
        return self.http.request(method, path, headers=headers, **arguments)

    def new_key(self, **settings):
        answer = self.admin("POST", "/key/generate", json=settings)
        assert answer.status_code == 200, answer.text
        return answer.json()["key"]

    def info(self, key):
        answer = self.admin("GET", "/key/info", params={"key": key})
        assert answer.status_code == 200, answer.text
        return answer.json()["info"]

    def rows(self, key):
        """Usage rows of a key, newest first."""
        answer = self.admin("GET", "/spend/logs", params={"api_key": key})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def settled(self, key, rows, reserved=0):
        """Rows and info once so many rows are there and nothing but `reserved` is held."""
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            found, info = self.rows(key), self.info(key)
            if len(found) >= rows and info["reserved_spend"] == reserved:
                return found, info
            time.sleep(0.02)
        raise AssertionError(f"{len(found)} rows of {rows}, {info['reserved_spend']} reserved")

    # The end of the process.

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def kill(self):
        self.process.kill()
        self.process.wait(10)
        self.close()

    def stop(self):
        if self.process.poll() is None:
            self.terminate()
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        self.close()

    def close(self):
        self.process.stdout.close()
        self.http.close()
        self.log.close()


def token():
    """A word that no other test sends, to find its requests again."""
    return f"t{secrets.token_hex(6)}"
