"""Money, from outside: what rows say, what keys say, what headers say."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import httpx
import pytest

import clients
import stack

NANOS = Decimal("1e-9")


def post(gateway, key, model, text, **settings):
    return gateway.http.post(
        "/v1/chat/completions",
        json={"model": model, "messages": [{"role": "user", "content": text}], **settings},
        headers={"authorization": f"Bearer {key}"},
    )


def spent(info):
    """The key's spend in nano-dollars, from the number as it was written."""
    return int(Decimal(str(info["spend"])) / NANOS)


def test_a_price_is_exact(gateway, key):
    """1,000 in at $0.000003, 500 out at $0.000015."""
    answer = post(gateway, key, "priced", "usage 1000 500 say hi")
    assert Decimal(answer.headers["x-litellm-response-cost"]) == Decimal("0.0105")
    assert Decimal(answer.headers["x-litellm-response-cost-input"]) == Decimal("0.003")
    assert Decimal(answer.headers["x-litellm-response-cost-output"]) == Decimal("0.0075")
    [row], info = gateway.settled(key, 1)
    assert row["spend_nanos"] == 10_500_000
    assert (row["prompt_tokens"], row["completion_tokens"]) == (1000, 500)
    assert spent(info) == 10_500_000


def test_prices_below_a_nano(gateway, key):
    """Odd prices and odd numbers of tokens: sums still agree to the nano-dollar."""
    for index in range(7):
        assert post(gateway, key, "odd-price", f"usage {index} 1 say hi").status_code == 200
    rows, info = gateway.settled(key, 7)
    assert sum(row["spend_nanos"] for row in rows) == spent(info)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_cached_tokens_have_their_own_price(gateway, key, stream):
    """Claude Sonnet 4.5: $3 in, $0.30 from and $3.75 into the cache, $15 out, a million."""
    answer = post(gateway, key, "claude", "usage cached say hi", stream=stream, max_tokens=50)
    assert answer.status_code == 200, answer.text
    [row], info = gateway.settled(key, 1)
    fresh = row["prompt_tokens"] - 1024 - 512
    expected = fresh * 3000 + 1024 * 300 + 512 * 3750 + row["completion_tokens"] * 15000
    assert row["spend_nanos"] == expected
    assert (row["metadata"]["cache_read_tokens"], row["metadata"]["cache_write_tokens"]) == (1024, 512)


def test_a_mixed_run_sums_to_the_nano_dollar(gateway, tls_gateway, fakes, monkeypatch):
    """Every client, whole and streamed, success and failure, at once: rows sum to the counter."""
    key = gateway.new_key(max_budget=100)

    def openai(group, stream):
        with clients.openai(gateway, key) as client:
            answer = client.chat.completions.create(
                model=group, messages=[{"role": "user", "content": "say hello there"}],
                stream=stream,
            )
            if stream:
                list(answer)

    def anthropic(group, stream):
        with clients.anthropic(gateway, key) as client:
            answer = client.messages.create(
                model=group, max_tokens=90, stream=stream,
                messages=[{"role": "user", "content": "usage cached say hello there"}],
            )
            if stream:
                list(answer)

    def aws(group, stream):
        path = f"/bedrock/model/{group}/converse" + ("-stream" if stream else "")
        answer = gateway.http.post(
            path, json={"messages": [clients.user("long 20")]},
            headers={"authorization": f"Bearer {key}"},
        )
        assert answer.status_code == 200, answer.text

    def fails(group, _):
        answer = post(gateway, key, group, "error 500")
        assert answer.status_code >= 400

    def breaks(group, _):
        post(gateway, key, group, "die long 40", stream=True)

    jobs = [
        (call, group, stream)
        for call in (openai, anthropic, aws, fails, breaks)
        for group in stack.GROUPS.values()
        for stream in (False, True)
    ]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda job: job[0](job[1], job[2]), jobs))
    rows, info = gateway.settled(key, len(jobs))
    assert len(rows) == len(jobs)
    assert sum(row["spend_nanos"] for row in rows) == spent(info)
    good = [row for row in rows if row["status"] == "success"]
    assert len(good) == 3 * 2 * len(stack.GROUPS)
    assert all(row["spend_nanos"] > 0 for row in good)
    assert len({row["litellm_call_id"] for row in rows}) == len(jobs)


def test_a_failure_costs_nothing_and_has_a_row(gateway, key):
    post(gateway, key, "gpt", "error 500")
    [row], info = gateway.settled(key, 1)
    assert (row["status"], row["spend_nanos"], info["spend"]) == ("failure", 0, 0)


def test_a_stream_that_breaks_is_charged_for_what_was_seen(gateway, key):
    post(gateway, key, "gpt", "die long 40", stream=True)
    [row], info = gateway.settled(key, 1)
    assert row["status"] == "failure"
    assert row["spend_nanos"] > 0
    assert spent(info) == row["spend_nanos"]
    assert row["metadata"]["usage_estimated"] is True


def test_a_caller_who_leaves_is_charged_and_the_upstream_call_cancelled(gateway, key, fakes):
    word = stack.token()
    with gateway.http.stream(
        "POST", "/v1/chat/completions",
        json={"model": "gpt", "stream": True,
              "messages": [{"role": "user", "content": f"slow 50 long 400 {word}"}]},
        headers={"authorization": f"Bearer {key}"},
    ) as answer:
        next(answer.iter_lines())
    fakes.wait("openai", word, "dropped")
    [row], info = gateway.settled(key, 1)
    assert spent(info) == row["spend_nanos"] > 0


def test_the_row_is_found_by_the_answer_s_id(gateway, key):
    answer = post(gateway, key, "gpt", "say hi")
    for id in (answer.json()["id"], answer.headers["x-litellm-call-id"]):
        [row] = gateway.admin("GET", "/spend/logs", params={"request_id": id}).json()
        assert row["litellm_call_id"] == answer.headers["x-litellm-call-id"]
    assert row["model_group"] == "gpt"
    assert row["custom_llm_provider"] == "openai"
    assert row["call_type"] == "acompletion"
    assert row["api_key"] == gateway.info(key)["token"]


def test_reserved_while_the_call_runs(gateway):
    key = gateway.new_key(max_budget=1)
    with gateway.http.stream(
        "POST", "/v1/chat/completions",
        json={"model": "priced", "stream": True, "max_tokens": 100,
              "messages": [{"role": "user", "content": "slow 50 long 20"}]},
        headers={"authorization": f"Bearer {key}"},
    ) as answer:
        lines = answer.iter_lines()
        next(lines)
        info = gateway.info(key)
        assert info["spend"] == 0
        # At least 100 tokens of output at $0.000015.
        assert info["reserved_spend"] >= 0.0015
        assert "data: [DONE]" in list(lines)
    rows, info = gateway.settled(key, 1)
    assert spent(info) == rows[0]["spend_nanos"]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_sixty_callers_on_a_tiny_budget_never_overspend(gateway, stream):
    """Each call costs $0.00105; the budget pays for nine and a half."""
    budget = Decimal("0.01")
    key = gateway.new_key(max_budget=float(budget))
    body = {
        "model": "priced", "max_tokens": 50, "stream": stream,
        "messages": [{"role": "user", "content": "slow 5 usage 100 50 say hi"}],
    }

    async def race():
        limits = httpx.Limits(max_connections=60)
        async with httpx.AsyncClient(
            base_url=gateway.url, trust_env=False, timeout=40, limits=limits, verify=False,
            headers={"authorization": f"Bearer {key}"},
        ) as client:
            return await asyncio.gather(
                *(client.post("/v1/chat/completions", json=body) for _ in range(60))
            )

    answers = asyncio.run(race())
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {200, 422}, [a.text for a in answers if a.status_code not in (200, 422)]
    assert statuses.count(200) >= 1
    assert statuses.count(422) >= 1
    rows, info = gateway.settled(key, statuses.count(200))
    assert Decimal(str(info["spend"])) <= budget
    assert sum(row["spend_nanos"] for row in rows) == spent(info)
    assert Decimal(info["reserved_spend"]) == 0

    # Whatever is left is spent, call by call, and not a nano-dollar more.
    while post(gateway, key, "priced", "usage 100 50 say hi", max_tokens=50).status_code == 200:
        pass
    rows, info = gateway.settled(key, 1)
    assert Decimal(str(info["spend"])) <= budget
    assert sum(row["spend_nanos"] for row in rows) == spent(info)


def test_what_cannot_be_paid_whole_is_capped(gateway):
    """$0.02 pays for the prompt and fewer tokens than were asked for."""
    key = gateway.new_key(max_budget=0.02)
    answer = post(gateway, key, "priced", "usage 10 100000 say hi", max_tokens=4000)
    assert answer.status_code == 200, answer.text
    cap = int(answer.headers["x-sluice-max-tokens"])
    assert 0 < cap < 4000
    assert answer.json()["choices"][0]["finish_reason"] == "length"
    _, info = gateway.settled(key, 1)
    assert Decimal(str(info["spend"])) <= Decimal("0.02")
