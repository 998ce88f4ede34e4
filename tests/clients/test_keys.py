"""Keys in every place where a client may put one, and the headers that an answer carries."""

import json
from decimal import Decimal

import pytest

import clients
import stack

BODY = {"model": "gpt", "messages": [{"role": "user", "content": "say hi"}]}
MESSAGE = {**BODY, "model": "claude", "max_tokens": 50}
CONVERSE = {"messages": [clients.user("say hi")]}

ROUTES = [
    ("/v1/chat/completions", BODY),
    ("/chat/completions", BODY),
    ("/v1/messages", MESSAGE),
    ("/messages", MESSAGE),
    ("/bedrock/model/nova/converse", CONVERSE),
]


@pytest.mark.parametrize("path, body", ROUTES, ids=[route[0] for route in ROUTES])
@pytest.mark.parametrize(
    "name, form",
    [
        ("authorization", "Bearer {}"),
        ("authorization", "bearer {}"),
        ("x-api-key", "{}"),
        ("api-key", "{}"),
        ("x-goog-api-key", "{}"),
        ("ocp-apim-subscription-key", "{}"),
        ("x-litellm-api-key", "{}"),
        ("x-litellm-api-key", "Bearer {}"),
    ],
)
def test_a_key_in_each_header(http, key, path, body, name, form):
    answer = http.post(path, json=body, headers={name: form.format(key)})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("path, body", ROUTES, ids=[route[0] for route in ROUTES])
@pytest.mark.parametrize(
    "headers, text",
    [
        ({}, "No api key passed in"),
        ({"authorization": "Bearer"}, "Malformed API Key"),
        ({"authorization": "Basic abc"}, ""),
        ({"authorization": "Bearer eyJhbGciOi.not.ours"}, "expected to start with 'sk-'"),
        ({"x-api-key": "sk-nobody"}, ""),
    ],
    ids=["none", "empty", "basic", "not sk", "unknown"],
)
def test_no_good_key(http, path, body, headers, text):
    answer = http.post(path, json=body, headers=headers)
    assert answer.status_code == 401
    assert text in answer.text
    assert answer.headers["x-litellm-call-id"]


def test_a_key_s_hash_is_no_key(http, gateway, key):
    answer = http.post(
        "/v1/chat/completions", json=BODY,
        headers={"authorization": f"Bearer {gateway.info(key)['token']}"},
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("path, body", ROUTES, ids=[route[0] for route in ROUTES])
def test_headers_of_an_answer(http, gateway, path, body):
    key = gateway.new_key(max_budget=5)
    answer = http.post(path, json=body, headers={"authorization": f"Bearer {key}"})
    headers = answer.headers
    group = "nova" if "bedrock" in path else body["model"]
    assert headers["x-litellm-model-id"] == f"{group}-1"
    assert headers["x-litellm-model-group"] == group
    assert Decimal(headers["x-litellm-response-cost"]) > 0
    assert Decimal(headers["x-litellm-key-spend"]) == Decimal(headers["x-litellm-response-cost"])
    assert Decimal(headers["x-litellm-key-max-budget"]) == 5
    assert Decimal(headers["x-litellm-response-duration-ms"]) > 0
    assert Decimal(headers["x-litellm-overhead-duration-ms"]) >= 0
    assert headers["x-litellm-version"]
    own = {"/v1/chat": "x-request-id", "/v1/mess": "request-id", "/bedrock": "x-amzn-requestid"}
    if path[:8] in own:
        assert headers[own[path[:8]]] == headers["x-litellm-call-id"]
    # The parts sum to the whole.
    parts = sum(
        Decimal(headers.get(f"x-litellm-response-cost-{part}", "0"))
        for part in ("input", "output", "cache-read", "cache-creation")
    )
    assert parts == Decimal(headers["x-litellm-response-cost"])


def test_the_provider_s_headers_under_a_prefix(http, key):
    answer = http.post(
        "/v1/chat/completions", json=BODY, headers={"authorization": f"Bearer {key}"}
    )
    assert answer.headers["llm_provider-openai-version"] == "2020-10-01"
    assert answer.headers["x-ratelimit-limit-requests"] == "10000"
    assert "api-key" not in str(answer.headers)


def test_headers_of_a_stream(http, key):
    headers = {"authorization": f"Bearer {key}"}
    with http.stream(
        "POST", "/v1/chat/completions", json={**BODY, "stream": True}, headers=headers
    ) as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.headers["x-litellm-call-id"]
        # Not known when they leave.
        assert "x-litellm-response-cost" not in answer.headers
        assert answer.read().endswith(b"data: [DONE]\n\n")


def test_health_without_a_key(http):
    assert http.get("/health/liveliness").json() == "I'm alive!"
    assert http.get("/health/readiness").json()["status"] == "healthy"


def test_the_master_key_calls_models(http):
    answer = http.post(
        "/v1/chat/completions", json=BODY,
        headers={"authorization": f"Bearer {stack.MASTER_KEY}"},
    )
    assert answer.status_code == 200


def test_a_virtual_key_manages_nothing(http, key):
    headers = {"authorization": f"Bearer {key}"}
    for path, body in [
        ("/key/generate", {}), ("/key/delete", {"keys": [key]}),
        ("/key/update", {"key": key, "max_budget": 1e6}), ("/key/block", {"key": key}),
    ]:
        answer = http.post(path, json=body, headers=headers)
        assert answer.status_code in (401, 403), (path, answer.text)


def test_a_key_sees_itself_and_no_other(http, gateway, key):
    headers = {"authorization": f"Bearer {key}"}
    other = gateway.new_key()
    assert http.get("/key/info", headers=headers).json()["info"]["key_name"].startswith("sk-...")
    assert http.get("/key/info", params={"key": other}, headers=headers).status_code == 403
    assert http.get("/spend/logs", params={"api_key": other}, headers=headers).status_code == 403
    assert http.get("/key/list", headers=headers).json()["total_count"] == 1


def test_the_life_of_a_key(gateway):
    made = gateway.admin("POST", "/key/generate", json={
        "key_alias": stack.token(), "models": ["gpt"], "max_budget": 0.5, "budget_duration": "1d",
        "metadata": {"team": "blue"}, "duration": "30d",
    }).json()
    key = made["key"]
    assert key.startswith("sk-")
    assert made["key_name"] == f"sk-...{key[-4:]}"
    assert (made["max_budget"], made["models"]) == (0.5, ["gpt"])
    assert made["expires"] and made["budget_reset_at"].endswith("T00:00:00Z")

    again = gateway.admin("POST", "/key/generate", json={"key_alias": made["key_alias"]})
    assert again.status_code == 400
    assert "already exists" in again.text

    changed = gateway.admin("POST", "/key/update", json={"key": key, "max_budget": 0.75})
    assert changed.json()["max_budget"] == 0.75
    info = gateway.info(key)
    assert (info["max_budget"], info["status"], info["metadata"]) == (0.75, "active", {"team": "blue"})
    # By its hash as well, and never with the plaintext.
    assert gateway.info(made["token"])["key_alias"] == made["key_alias"]
    assert key not in json.dumps(info)

    listed = gateway.admin("GET", "/key/list", params={"key_alias": made["key_alias"]}).json()
    assert listed["keys"] == [made["token"]]
    assert gateway.admin("POST", "/key/delete", json={"keys": [key]}).status_code == 200
    assert gateway.info(key)["status"] == "deleted"
    gone = gateway.admin("POST", "/key/delete", json={"keys": [key]})
    assert gone.status_code == 404


@pytest.mark.parametrize(
    "body, field",
    [
        ({"max_budget": "a lot"}, "max_budget"),
        ({"max_budget": -1}, "max_budget"),
        ({"models": "gpt"}, "models"),
        ({"budget_duration": "soon"}, "budget_duration"),
        ({"key": "not-sk"}, "key"),
        ({"metadata": 7}, "metadata"),
    ],
)
def test_a_wrong_field_is_named(gateway, body, field):
    answer = gateway.admin("POST", "/key/generate", json=body)
    assert answer.status_code in (400, 422), answer.text
    assert field in answer.text.lower()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_no_budget_that_is_no_number(gateway, number):
    answer = gateway.http.post(
        "/key/generate", content=f'{{"max_budget": {number}}}',
        headers={
            "authorization": f"Bearer {stack.MASTER_KEY}", "content-type": "application/json",
        },
    )
    assert answer.status_code in (400, 422), answer.text
