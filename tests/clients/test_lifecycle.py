"""The process: killed, restarted, asked to stop."""

import threading
import time

import stack


def post(gateway, key, text, model="gpt", **settings):
    return gateway.http.post(
        "/v1/chat/completions",
        json={"model": model, "messages": [{"role": "user", "content": text}], **settings},
        headers={"authorization": f"Bearer {key}"},
    )


def test_kill_9_loses_nothing_that_was_acknowledged(own_gateway):
    key = own_gateway.new_key(max_budget=5)
    for _ in range(5):
        assert post(own_gateway, key, "say hi").status_code == 200
    before = own_gateway.info(key)
    own_gateway.kill()
    own_gateway.start()
    after = own_gateway.info(key)
    assert after["spend"] == before["spend"] > 0
    assert len(own_gateway.rows(key)) == 5
    answer = post(own_gateway, key, "say again")
    assert answer.status_code == 200
    rows, info = own_gateway.settled(key, 6)
    assert round(info["spend"] * 1e9) == sum(row["spend_nanos"] for row in rows)


def test_kill_9_in_the_middle_of_a_stream_leaves_a_reservation(own_gateway, fakes):
    """It lasts no longer than its lease, and is never a free call."""
    key = own_gateway.new_key(max_budget=5)
    word = stack.token()

    def call():
        try:
            post(own_gateway, key, f"stall long 40 {word}", model="priced", stream=True,
                 max_tokens=200)
        except Exception:
            pass

    caller = threading.Thread(target=call)
    caller.start()
    deadline = time.monotonic() + 10
    while not fakes.seen("openai", word) and time.monotonic() < deadline:
        time.sleep(0.02)
    own_gateway.kill()
    caller.join(10)
    own_gateway.start()
    info = own_gateway.info(key)
    assert info["spend"] + info["reserved_spend"] >= 200 * 0.000015


def test_sigterm_lets_an_open_stream_finish(own_gateway):
    key = own_gateway.new_key()
    with own_gateway.http.stream(
        "POST", "/v1/chat/completions",
        json={"model": "gpt", "stream": True,
              "messages": [{"role": "user", "content": "slow 50 long 30"}]},
        headers={"authorization": f"Bearer {key}"},
    ) as answer:
        lines = answer.iter_lines()
        next(lines)
        own_gateway.terminate()
        rest = [line for line in lines if line]
    assert rest[-1] == "data: [DONE]"
    assert any("word29" in line for line in rest)
    assert own_gateway.process.wait(20) == 0
    own_gateway.close()
    own_gateway.start()
    [row] = own_gateway.rows(key)
    assert (row["status"], row["spend_nanos"] > 0) == ("success", True)


def test_sigterm_right_after_the_start(own_gateway):
    """Whoever reads that it is ready may stop it."""
    own_gateway.terminate()
    assert own_gateway.process.wait(20) == 0


def test_no_secret_is_in_the_log(own_gateway):
    key = own_gateway.new_key()
    post(own_gateway, key, "say hi")
    post(own_gateway, "sk-nobody-has-this-one", "say hi")
    post(own_gateway, key, "error 500")
    post(own_gateway, key, "say hi", model="wrong-key")
    own_gateway.stop()
    log = (own_gateway.folder / "gateway.log").read_text()
    for secret in [key, stack.MASTER_KEY, "sk-openai-of-the-gateway", "sk-wrong-key-of-the-gateway",
                   "sk-nobody-has-this-one"]:
        assert secret not in log


def test_no_key_is_in_the_store(own_gateway):
    key = own_gateway.new_key()
    post(own_gateway, key, "say hi")
    own_gateway.stop()
    for file in (own_gateway.folder / "data").rglob("*"):
        if file.is_file():
            assert key.encode() not in file.read_bytes(), file
