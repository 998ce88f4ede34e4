"""Prompts: Bedrock's own by boto3, found where the environment says, and the gateway's by OpenAI's client."""

import boto3
import botocore.config
import botocore.loaders
import httpx
import pytest

import clients
import stack

ARN = "arn:aws:bedrock:us-east-1:111122223333:prompt/"


@pytest.fixture(scope="module")
def gateway_with_prompts(fakes, tmp_path_factory):
    config = {
        "model_list": [{
            "model_name": "nova",
            "litellm_params": {
                "model": "bedrock/model-of-bedrock",
                "aws_region_name": "us-east-1",
                "aws_access_key_id": fakes.urls["access_key_id"],
                "aws_secret_access_key": fakes.urls["secret_access_key"],
                "aws_bedrock_runtime_endpoint": fakes.urls["bedrock"],
                "input_cost_per_token": "0.000003",
                "output_cost_per_token": "0.000015",
            },
        }],
    }
    folder = tmp_path_factory.mktemp("gateway-prompts")
    gateway = stack.Gateway(folder, fakes.urls, config=config, tls=True, environment={
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": fakes.urls["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": fakes.urls["secret_access_key"],
        "AWS_ENDPOINT_URL_BEDROCK_AGENT": fakes.urls["bedrock_agent"],
    })
    yield gateway
    gateway.stop()


def agent(fakes):
    return boto3.client(
        "bedrock-agent",
        endpoint_url=fakes.urls["bedrock_agent"],
        region_name="us-east-1",
        aws_access_key_id=fakes.urls["access_key_id"],
        aws_secret_access_key=fakes.urls["secret_access_key"],
        config=botocore.config.Config(retries={"total_max_attempts": 1}, proxies={}),
    )


def fits(model, name, value):
    """What of an answer the service's model does not have."""
    shape = model["shapes"][name]
    if shape["type"] == "structure" and not shape.get("document"):
        assert set(value) <= set(shape["members"]), f"{name}: {set(value) - set(shape['members'])}"
        for required in shape.get("required", []):
            assert required in value, f"{name}: {required} is missing"
        for key, member in value.items():
            fits(model, shape["members"][key]["shape"], member)
    elif shape["type"] == "list":
        for member in value:
            fits(model, shape["member"]["shape"], member)
    elif "enum" in shape:
        assert value in shape["enum"], f"{name}: {value}"


@pytest.mark.parametrize("prompt", ["GREETING00", "CHATTING00", "WITHTOOLS0"])
def test_the_fake_answers_as_the_services_model_says(fakes, prompt):
    told = agent(fakes).get_prompt(promptIdentifier=ARN + prompt)
    assert told["variants"][0]["modelId"] == "model-of-bedrock"
    asked = fakes.seen("bedrock_agent")[-1]
    assert asked["method"] == "GET"
    raw = {key: value for key, value in told.items() if key != "ResponseMetadata"}
    model = botocore.loaders.Loader().load_service_model("bedrock-agent", "service-2")
    if prompt != "WITHTOOLS0":  # a list of no tools is what no console writes
        fits(model, "GetPromptResponse", raw)


def test_the_fake_refuses_with_the_services_exceptions(fakes):
    client = agent(fakes)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_prompt(promptIdentifier=ARN + "NOTTHERE00")
    with pytest.raises(client.exceptions.ThrottlingException):
        client.get_prompt(promptIdentifier=ARN + "THROTTLED0")
    with pytest.raises(client.exceptions.AccessDeniedException):
        client.get_prompt(promptIdentifier=ARN + "FORBIDDEN0")


def test_the_gateway_asks_for_a_prompt_as_boto3_does(gateway_with_prompts, fakes, monkeypatch):
    agent(fakes).get_prompt(promptIdentifier=ARN + "GREETING00", promptVersion="2")
    theirs = fakes.seen("bedrock_agent")[-1]
    client = clients.bedrock(gateway_with_prompts, gateway_with_prompts.new_key(), monkeypatch)
    word = stack.token()
    answer = client.converse(
        modelId=f"{ARN}GREETING00:2",
        promptVariables={"name": {"text": word}, "day": {"text": "Monday"}},
    )
    assert answer["output"]["message"]["content"]
    ours = fakes.seen("bedrock_agent")[-1]
    assert ours is not theirs and (ours["method"], ours["path"]) == (theirs["method"], theirs["path"])
    [sent] = fakes.seen("bedrock", word)
    assert f"Good day, {word}. It is Monday." in str(sent)
    with pytest.raises(client.exceptions.ValidationException):
        client.converse(modelId=f"{ARN}GREETING00:2", promptVariables={"name": {"text": "x"}})
    streamed = client.converse_stream(
        modelId=ARN + "CHATTING00",
        promptVariables={"how": {"text": "brief"}, "name": {"text": "Ann"}},
        messages=[clients.user("Say hi.")],
    )
    assert any("messageStop" in event for event in streamed["stream"])


def test_openais_client_names_prompts_of_both_kinds(gateway_with_prompts, fakes):
    key, word = gateway_with_prompts.new_key(), stack.token()
    made = gateway_with_prompts.http.post(
        "/prompts",
        headers={"authorization": f"Bearer {stack.MASTER_KEY}"},
        json={
            "prompt_id": "greeting",
            "litellm_params": {
                "prompt_integration": "dotprompt",
                "dotprompt_content": "---\nmodel: nova\n---\nUser: I am {{name}}.",
            },
        },
    )
    assert made.status_code == 200, made.text
    with clients.openai(gateway_with_prompts, key,
                        http_client=httpx.Client(verify=gateway_with_prompts.context(), trust_env=False)) as client:
        told = client.chat.completions.create(
            model="nova",
            messages=[{"role": "user", "content": "Say hi."}],
            extra_body={"prompt_id": "greeting", "prompt_variables": {"name": word}},
        )
        assert told.choices[0].message.content
        [sent] = fakes.seen("bedrock", word)
        assert f"I am {word}." in str(sent)
        told = client.chat.completions.create(
            model=f"{ARN}GREETING00:1",
            messages=[],
            extra_body={"promptVariables": {"name": {"text": "x" + word}}},
        )
        assert told.choices[0].message.content
        [sent] = fakes.seen("bedrock", "x" + word)
        assert f"Hello, x{word}." in str(sent)
