"""Models and credentials that are added while the gateway runs, and outlive it."""

import stack


def add(gateway, fakes, key):
    params = {"model": "openai/gpt-4o", "api_base": f"{fakes.urls['openai']}/v1", "api_key": key}
    made = gateway.admin("POST", "/model/new", json={"model_name": "added", "litellm_params": params})
    assert made.status_code == 200, made.text


def ask(gateway, word):
    answer = gateway.http.post(
        "/v1/chat/completions",
        json={"model": "added", "messages": [{"role": "user", "content": f"say {word}"}]},
        headers={"authorization": f"Bearer {stack.MASTER_KEY}"},
    )
    assert answer.status_code == 200, answer.text


def key_of(fakes, word):
    [seen] = fakes.seen("openai", word)
    return seen["headers"]["authorization"]


def everything(gateway):
    files = [path for path in gateway.folder.rglob("*") if path.is_file()]
    return b"".join(path.read_bytes() for path in files)


def test_an_added_model_outlives_the_process_and_its_key_is_in_no_file(own_gateway, fakes):
    add(own_gateway, fakes, "sk-given-through-the-api-alone")
    before, after = stack.token(), stack.token()
    ask(own_gateway, before)
    own_gateway.kill()
    own_gateway.start()
    ask(own_gateway, after)
    assert [key_of(fakes, word) for word in (before, after)] == ["Bearer sk-given-through-the-api-alone"] * 2
    assert b"sk-given-through-the-api-alone" not in everything(own_gateway)
    mode = (own_gateway.folder / "data" / "secrets_key").stat().st_mode & 0o777
    assert mode == 0o600


def test_with_kms_the_data_key_is_sealed_by_it_and_in_no_file(fakes, tmp_path):
    gateway = stack.Gateway(tmp_path, fakes.urls, environment={
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": fakes.urls["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": fakes.urls["secret_access_key"],
        "AWS_ENDPOINT_URL": fakes.urls["kms"],
        "SLUICE_KMS_KEY": "alias/sluice",
    })
    try:
        add(gateway, fakes, "sk-sealed-under-a-key-of-kms")
        asked = [seen["headers"]["x-amz-target"] for seen in fakes.seen("kms")]
        assert asked == ["TrentService.GenerateDataKey", "TrentService.Decrypt"]
        gateway.kill()
        gateway.start()
        word = stack.token()
        ask(gateway, word)
        assert key_of(fakes, word) == "Bearer sk-sealed-under-a-key-of-kms"
        assert len(fakes.seen("kms")) == 3, "a process opens the data key once"
        assert not (gateway.folder / "data" / "secrets_key").exists()
    finally:
        gateway.stop()
