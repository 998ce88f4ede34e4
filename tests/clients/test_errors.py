"""Failures, raised by each client as its own classes."""

import anthropic as anthropic_sdk
import botocore.exceptions
import openai as openai_sdk
import pytest

import clients
import stack

GROUPS = [pytest.param(group, id=provider) for provider, group in stack.GROUPS.items()]


def by_openai(gateway, key, model="gpt", text="say hi", stream=False):
    with clients.openai(gateway, key) as client:
        answer = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": text}], stream=stream
        )
        return list(answer) if stream else answer


def by_anthropic(gateway, key, model="claude", text="say hi", stream=False):
    with clients.anthropic(gateway, key) as client:
        messages = [{"role": "user", "content": text}]
        if stream:
            with client.messages.stream(model=model, max_tokens=500, messages=messages) as events:
                return events.get_final_message()
        return client.messages.create(model=model, max_tokens=500, messages=messages)


def by_boto3(gateway, key, monkeypatch, model="nova", text="say hi", stream=False):
    client = clients.bedrock(gateway, key, monkeypatch)
    if stream:
        answer = client.converse_stream(modelId=model, messages=[clients.user(text)])
        return clients.joined(answer["stream"])
    return client.converse(modelId=model, messages=[clients.user(text)])


def code(caught):
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"][
        "HTTPStatusCode"
    ]


# What the gateway refuses.


def test_openai_an_unknown_model(gateway, key):
    with pytest.raises(openai_sdk.BadRequestError) as caught:
        by_openai(gateway, key, model="nobody")
    assert "Invalid model name passed in model=nobody" in caught.value.message
    assert caught.value.type == "invalid_request_error"
    assert caught.value.code == "400"


def test_anthropic_an_unknown_model(gateway, key):
    with pytest.raises(anthropic_sdk.BadRequestError) as caught:
        by_anthropic(gateway, key, model="nobody")
    assert caught.value.body["error"]["type"] == "invalid_request_error"
    assert caught.value.body["type"] == "error"
    assert caught.value.request_id


def test_boto3_an_unknown_model(tls_gateway, monkeypatch):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        by_boto3(tls_gateway, tls_gateway.new_key(), monkeypatch, model="nobody")
    assert code(caught) == ("ValidationException", 400)


def test_openai_a_bad_key(gateway):
    with pytest.raises(openai_sdk.AuthenticationError) as caught:
        by_openai(gateway, "sk-nobody-has-this-key")
    assert caught.value.type == "token_not_found_in_db"


def test_anthropic_a_bad_key(gateway):
    with pytest.raises(anthropic_sdk.AuthenticationError):
        by_anthropic(gateway, "sk-nobody-has-this-key")


def test_boto3_a_bad_key(tls_gateway, monkeypatch):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        by_boto3(tls_gateway, "sk-nobody-has-this-key", monkeypatch)
    assert code(caught) == ("UnrecognizedClientException", 401)


def test_a_bad_key_reaches_no_provider(gateway, fakes):
    word = stack.token()
    with pytest.raises(openai_sdk.AuthenticationError):
        by_openai(gateway, "sk-nobody-has-this-key", text=f"say {word}")
    assert fakes.seen("openai", word) == []


def test_a_blocked_key(gateway, key):
    assert gateway.admin("POST", "/key/block", json={"key": key}).status_code == 200
    with pytest.raises(openai_sdk.AuthenticationError) as caught:
        by_openai(gateway, key)
    assert "blocked" in caught.value.message
    with pytest.raises(anthropic_sdk.AuthenticationError):
        by_anthropic(gateway, key)
    assert gateway.admin("POST", "/key/unblock", json={"key": key}).status_code == 200
    assert by_openai(gateway, key).choices


def test_a_deleted_key_dies_at_its_next_request(gateway, key):
    assert by_openai(gateway, key).choices
    answer = gateway.admin("POST", "/key/delete", json={"keys": [key]})
    assert answer.json() == {"deleted_keys": [key]}
    with pytest.raises(openai_sdk.AuthenticationError):
        by_openai(gateway, key)


def test_an_expired_key(gateway):
    import time

    key = gateway.new_key(duration="1s")
    deadline = time.monotonic() + 10
    while gateway.info(key)["status"] != "expired" and time.monotonic() < deadline:
        time.sleep(0.05)
    with pytest.raises(openai_sdk.AuthenticationError) as caught:
        by_openai(gateway, key)
    assert caught.value.type == "expired_key"


def test_a_model_that_the_key_may_not_use(gateway, tls_gateway, monkeypatch):
    key = gateway.new_key(models=["claude"])
    with pytest.raises(openai_sdk.PermissionDeniedError) as caught:
        by_openai(gateway, key, model="gpt")
    assert caught.value.type == "key_model_access_denied"
    assert by_openai(gateway, key, model="claude").choices
    with clients.openai(gateway, key) as client:
        assert [model.id for model in client.models.list()] == ["claude"]
    with pytest.raises(anthropic_sdk.PermissionDeniedError):
        by_anthropic(gateway, key, model="gpt")
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        by_boto3(tls_gateway, tls_gateway.new_key(models=["claude"]), monkeypatch)
    assert code(caught) == ("AccessDeniedException", 403)


def test_openai_over_budget(gateway, fakes):
    word = stack.token()
    key = gateway.new_key(max_budget=0)
    with pytest.raises(openai_sdk.UnprocessableEntityError) as caught:
        by_openai(gateway, key, text=f"say {word}")
    assert caught.value.type == "budget_exceeded"
    assert "Budget has been exceeded!" in caught.value.message
    assert fakes.seen("openai", word) == []


def test_anthropic_over_budget(gateway):
    with pytest.raises(anthropic_sdk.UnprocessableEntityError) as caught:
        by_anthropic(gateway, gateway.new_key(max_budget=0))
    assert caught.value.body["error"]["type"] == "billing_error"


def test_boto3_over_budget(tls_gateway, monkeypatch):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        by_boto3(tls_gateway, tls_gateway.new_key(max_budget=0), monkeypatch)
    assert code(caught) == ("ServiceQuotaExceededException", 422)


def test_raising_the_budget_opens_the_door_at_once(gateway):
    key = gateway.new_key(max_budget=0)
    with pytest.raises(openai_sdk.UnprocessableEntityError):
        by_openai(gateway, key)
    assert gateway.admin("POST", "/key/update", json={"key": key, "max_budget": 1}).status_code == 200
    assert by_openai(gateway, key).choices


def test_no_price_under_a_budget(gateway):
    with pytest.raises(openai_sdk.PermissionDeniedError) as caught:
        by_openai(gateway, gateway.new_key(max_budget=1), model="unpriced")
    assert caught.value.type == "model_cost_map_missing"


# What the providers refuse.

FAILURES = [
    # order, OpenAI's class, Anthropic's class
    ("error 429", openai_sdk.RateLimitError, anthropic_sdk.RateLimitError),
    ("error 500", openai_sdk.InternalServerError, anthropic_sdk.InternalServerError),
    ("error 503", openai_sdk.InternalServerError, anthropic_sdk.InternalServerError),
    ("error context", openai_sdk.BadRequestError, anthropic_sdk.BadRequestError),
]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("order, expected, _", FAILURES, ids=[f[0] for f in FAILURES])
@pytest.mark.parametrize("group", GROUPS)
def test_openai_upstream_failures(gateway, key, group, order, expected, _, stream):
    with pytest.raises(expected) as caught:
        by_openai(gateway, key, model=group, text=order, stream=stream)
    assert caught.value.response.headers["x-litellm-call-id"]
    assert caught.value.response.headers["x-litellm-model-id"] == f"{group}-1"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("order, _, expected", FAILURES, ids=[f[0] for f in FAILURES])
@pytest.mark.parametrize("group", GROUPS)
def test_anthropic_upstream_failures(gateway, key, group, order, _, expected, stream):
    with pytest.raises(expected) as caught:
        by_anthropic(gateway, key, model=group, text=order, stream=stream)
    assert caught.value.body["type"] == "error"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    "order, expected",
    [
        ("error 429", ("ThrottlingException", 429)),
        ("error 500", ("InternalServerException", 500)),
        ("error 503", ("ServiceUnavailableException", 503)),
        ("error context", ("ValidationException", 400)),
    ],
    ids=["429", "500", "503", "context"],
)
@pytest.mark.parametrize("group", GROUPS)
def test_boto3_upstream_failures(tls_gateway, monkeypatch, group, order, expected, stream):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        by_boto3(
            tls_gateway, tls_gateway.new_key(), monkeypatch, model=group, text=order, stream=stream
        )
    assert code(caught) == expected


def test_anthropic_s_overload_keeps_its_status(gateway, key):
    with pytest.raises(anthropic_sdk.APIStatusError) as caught:
        by_anthropic(gateway, key, text="error 529")
    assert caught.value.status_code == 529
    assert caught.value.body["error"]["type"] == "overloaded_error"


def test_retry_after_is_passed_on(gateway, key):
    with pytest.raises(openai_sdk.RateLimitError) as caught:
        by_openai(gateway, key, text="error 429")
    assert int(caught.value.response.headers["retry-after"]) >= 1


def test_the_provider_s_words_are_kept(gateway, key):
    with pytest.raises(openai_sdk.RateLimitError) as caught:
        by_openai(gateway, key, text="error 429")
    assert "Rate limit reached for gpt-4o" in caught.value.message


def test_the_gateway_s_own_key_is_refused_upstream(gateway, key):
    with pytest.raises(openai_sdk.AuthenticationError) as caught:
        by_openai(gateway, key, model="wrong-key")
    assert "Incorrect API key provided" in caught.value.message
    assert caught.value.response.headers["x-litellm-model-id"] == "wrong-1"


def test_an_unreachable_provider(gateway, key):
    with pytest.raises(openai_sdk.InternalServerError) as caught:
        by_openai(gateway, key, model="unreachable")
    # Where it is nobody's business.
    assert "127.0.0.1:9" not in caught.value.message


@pytest.mark.parametrize("order", ["hang", "stall long 20"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_provider_that_does_not_answer(gateway, key, order, stream):
    with pytest.raises(openai_sdk.APIError):
        by_openai(gateway, key, model="hasty", text=order, stream=stream)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_the_next_deployment_of_the_group_takes_over(gateway, key, stream):
    """The first fails before its first byte."""
    with clients.openai(gateway, key) as client:
        raw = client.chat.completions.with_raw_response.create(
            model="spare", messages=[{"role": "user", "content": "say hi"}], stream=stream
        )
        assert raw.headers["x-litellm-model-id"] == "spare-2"
        if stream:
            assert "".join(c.choices[0].delta.content or "" for c in raw.parse()) == "hi"


# Streams that do not end well.

CUTS = ["die long 40", "cut long 40", "late error long 40"]


@pytest.mark.parametrize("order", CUTS)
@pytest.mark.parametrize("group", GROUPS)
def test_openai_a_broken_stream_is_an_error(gateway, key, group, order):
    with pytest.raises((openai_sdk.APIError,)) as caught:
        by_openai(gateway, key, model=group, text=order, stream=True)
    # An error event of ours, not a connection that just went away.
    assert not isinstance(caught.value, openai_sdk.APIConnectionError)


@pytest.mark.parametrize("order", CUTS)
@pytest.mark.parametrize("group", GROUPS)
def test_anthropic_a_broken_stream_is_an_error(gateway, key, group, order):
    with pytest.raises(anthropic_sdk.APIError) as caught:
        by_anthropic(gateway, key, model=group, text=order, stream=True)
    assert not isinstance(caught.value, anthropic_sdk.APIConnectionError)


@pytest.mark.parametrize("order", CUTS)
@pytest.mark.parametrize("group", GROUPS)
def test_boto3_a_broken_stream_is_an_error(tls_gateway, monkeypatch, group, order):
    with pytest.raises(botocore.exceptions.EventStreamError):
        by_boto3(
            tls_gateway, tls_gateway.new_key(), monkeypatch, model=group, text=order, stream=True
        )


@pytest.mark.parametrize("order", ["die long 40", "cut long 40"])
@pytest.mark.parametrize("group", GROUPS)
def test_a_broken_whole_answer_is_an_error(gateway, key, group, order):
    with pytest.raises(openai_sdk.APIStatusError) as caught:
        by_openai(gateway, key, model=group, text=order)
    assert caught.value.status_code >= 500
