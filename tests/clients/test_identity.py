"""Callers with AWS credentials: `sluice token`, the snippets of the guide, and what is refused."""

import base64
import datetime
import json
import os
import re
import subprocess
import time

import openai as openai_sdk
import pytest

import clients
import stack
import sts

GUIDE = (stack.ROOT / "docs/identity.md").read_text()
PREFIX = "sluice-aws-v1."


@pytest.fixture(scope="module")
def token_service():
    service = sts.Sts()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def aws_gateway(fakes, token_service, tmp_path_factory):
    config = stack.configuration(fakes.urls)
    role = f"arn:aws:iam::{sts.ACCOUNT}:role"
    config["general_settings"]["aws_iam_auth"] = {
        "gateway_id": "gateway.test",
        "sts_endpoint": token_service.url,
        "rules": [
            {"arn": f"{role}/blue-*", "user_id": "{session}", "team_id": "blue", "models": ["gpt"]},
            {"arn": f"{role}/ops", "role": "proxy_admin"},
        ],
    }
    gateway = stack.Gateway(tmp_path_factory.mktemp("aws"), fakes.urls, config=config)
    yield gateway
    gateway.stop()


def run(environment, *arguments):
    """`sluice token` with nothing of AWS but what is given."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {**inherited, "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent", **environment}
    command = [stack.binary("sluice", "SLUICE_BIN"), "token", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)


def make(service, environment, *arguments, gateway="gateway.test"):
    made = run(environment, "--gateway", gateway, "--sts-endpoint", service.url, *arguments)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def ask(gateway, key, model="gpt"):
    with clients.openai(gateway, key) as client:
        answer = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "say Grüezi"}]
        )
        return answer.choices[0].message.content


def opened(token):
    """The address in a token."""
    encoded = token.removeprefix(PREFIX)
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()


def closed(url):
    return PREFIX + base64.urlsafe_b64encode(url.encode()).rstrip(b"=").decode()


def test_a_token_of_a_role_is_a_key(aws_gateway, token_service):
    token = make(token_service, token_service.assume("blue-app", "alice"))
    asked = token_service.asked
    assert ask(aws_gateway, token) == "Grüezi"
    assert ask(aws_gateway, token) == "Grüezi"
    assert token_service.asked == asked + 1
    with pytest.raises(openai_sdk.PermissionDeniedError):
        ask(aws_gateway, token, model="claude")
    listed = aws_gateway.admin("GET", "/key/list?return_full_object=true&user_id=alice").json()
    (record,) = listed["keys"]
    assert record["key_alias"] == f"aws:{sts.ACCOUNT}/blue-app/alice"
    assert record["team_id"] == "blue" and record["spend"] > 0


def test_every_client_takes_it(aws_gateway, token_service):
    token = make(token_service, token_service.assume("blue-app", "bob"))
    with clients.anthropic(aws_gateway, token) as client:
        answer = client.messages.create(
            model="gpt", max_tokens=50, messages=[{"role": "user", "content": "say Grüezi"}]
        )
        assert answer.content[0].text == "Grüezi"
    client = clients.gemini(aws_gateway, token)
    assert client.models.generate_content(model="gpt", contents="say Grüezi").text == "Grüezi"


def test_a_role_may_manage(aws_gateway, token_service):
    token = make(token_service, token_service.assume("ops", "carol"))
    headers = {"authorization": f"Bearer {token}"}
    assert aws_gateway.http.post("/key/generate", headers=headers, json={}).status_code == 200


def test_what_is_not_signed_for_this_gateway_by_its_holder_is_refused(aws_gateway, token_service):
    environment = token_service.assume("blue-app", "dave")
    good = make(token_service, environment)
    url = opened(good)
    forged = url[:-1] + ("0" if url[-1] != "0" else "1")
    for token, words in [
        (make(token_service, environment, gateway="another.test"), "signature for this gateway"),
        (make(token_service, {**environment, "AWS_SECRET_ACCESS_KEY": "wrong"}), "signature"),
        (closed(forged), "signature"),
        (closed(url.replace(token_service.url, "https://sts.amazonaws.com")), "host"),
        (closed(url.replace(token_service.url, "https://evil.example")), "host"),
        (closed(url + "&Foo=bar"), "does not belong"),
        (closed(re.sub("X-Amz-Date=2", "X-Amz-Date=1", url)), "X-Amz-Credential"),
        (make(token_service, token_service.assume("green", "erin")), "no rule"),
    ]:
        with pytest.raises(openai_sdk.AuthenticationError) as refused:
            ask(aws_gateway, token)
        assert words in str(refused.value), refused.value
        assert "X-Amz-Signature" not in str(refused.value)
    assert ask(aws_gateway, good) == "Grüezi"
    assert environment["AWS_ACCESS_KEY_ID"] not in aws_gateway.logged()


def test_the_command_tells_when_its_token_ends(token_service):
    environment = token_service.assume("blue-app", "frank")
    said = json.loads(make(token_service, environment, "--json", "--lifetime", "600"))
    assert said["token"].startswith(PREFIX)
    expires = datetime.datetime.fromisoformat(said["expires_at"].replace("Z", "+00:00"))
    left = (expires - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    assert 590 < left <= 600
    plain = opened(make(token_service, environment, "--region", "eu-west-1"))
    assert "%2Feu-west-1%2Fsts%2Faws4_request" in plain and "X-Amz-Expires=900" in plain
    real = run(environment, "--gateway", "g", "--region", "cn-north-1").stdout.strip()
    assert opened(real).startswith("https://sts.cn-north-1.amazonaws.com.cn/?Action=GetCallerIdentity")


def test_the_command_s_exit_codes(token_service):
    nobody = run({}, "--gateway", "g", "--region", "us-east-1")
    assert (nobody.returncode, nobody.stdout) == (3, "")
    assert nobody.stderr.startswith("sluice token: no AWS credentials")
    environment = token_service.assume("blue-app", "grace")
    for wrong in [["--region", "us-east-1"], ["--gateway", "a b"], ["--gateway", "g", "--lifetime", "901"]]:
        refused = run(environment, *wrong)
        assert (refused.returncode, refused.stdout) == (2, ""), wrong
        assert environment["AWS_SECRET_ACCESS_KEY"] not in refused.stderr


def test_the_guide_s_python_is_a_key_that_renews_itself(aws_gateway, token_service, monkeypatch):
    (snippet,) = (code for code in re.findall(r"```python\n(.*?)```", GUIDE, re.S) if "class" in code)
    for name, value in token_service.assume("blue-app", "heidi").items():
        monkeypatch.setenv(name, value)
    names = {}
    exec(snippet, names)
    key = names["SluiceToken"]("gateway.test")
    key.endpoint = token_service.url
    assert ask(aws_gateway, key) == "Grüezi"
    first = key()
    assert key() == first and 800 < key.renew_at - time.time() <= 840
    key.renew_at = time.time()
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: later)
    assert key() != first
    assert ask(aws_gateway, key) == "Grüezi"
