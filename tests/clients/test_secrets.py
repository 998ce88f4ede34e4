"""Providers' keys from Secrets Manager: read when first needed, and again after a rotation."""

import pytest

import stack


@pytest.fixture
def gateway_with_secret(fakes, tmp_path):
    config = {
        "model_list": [{
            "model_name": "gpt",
            "litellm_params": {
                "model": "openai/gpt-4o",
                "api_base": f"{fakes.urls['openai']}/v1",
                "api_key": "aws-secret/sluice/providers#OPENAI_API_KEY",
            },
        }],
        "litellm_settings": {"num_retries": 0},
    }
    gateway = stack.Gateway(tmp_path, fakes.urls, config=config, environment={
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": fakes.urls["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": fakes.urls["secret_access_key"],
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": fakes.urls["secretsmanager"],
    })
    yield gateway
    gateway.stop()


def put(fakes, value):
    url = f"{fakes.urls['secretsmanager']}/_secrets/sluice%2Fproviders"
    assert fakes.http.put(url, json={"OPENAI_API_KEY": value}).status_code == 204


def ask(gateway, key, word, order="say"):
    return gateway.http.post(
        "/v1/chat/completions",
        json={"model": "gpt", "messages": [{"role": "user", "content": f"{order} {word}"}]},
        headers={"authorization": f"Bearer {key}"},
    )


def test_a_secret_is_used_and_not_logged(gateway_with_secret, fakes):
    put(fakes, "sk-from-the-secret")
    key, word = gateway_with_secret.new_key(), stack.token()
    assert ask(gateway_with_secret, key, word).status_code == 200
    [seen] = fakes.seen("openai", word)
    assert seen["headers"]["authorization"] == "Bearer sk-from-the-secret"
    gateway_with_secret.stop()
    assert "sk-from-the-secret" not in (gateway_with_secret.folder / "gateway.log").read_text()


def test_a_rotated_secret_is_read_again_when_the_old_one_is_refused(gateway_with_secret, fakes):
    key, before, during, after = gateway_with_secret.new_key(), *(stack.token() for _ in range(3))

    def used(word):
        return [seen["headers"]["authorization"] for seen in fakes.seen("openai", word)]

    put(fakes, "sk-first")
    assert ask(gateway_with_secret, key, before).status_code == 200
    put(fakes, "sk-second")
    # The provider refuses whatever it is given: the old value, then the new one.
    answer = ask(gateway_with_secret, key, during, "error 401")
    assert answer.status_code == 401
    assert ask(gateway_with_secret, key, after).status_code == 200
    assert used(before) == ["Bearer sk-first"]
    assert used(during) == ["Bearer sk-first", "Bearer sk-second"]
    assert used(after) == ["Bearer sk-second"]
