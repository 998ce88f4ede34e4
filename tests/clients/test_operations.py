"""Calls that are not a chat, by the official clients of OpenAI and Cohere, on every provider."""

import base64
import contextlib
import io
import struct
import wave

import cohere as cohere_sdk
import httpx
import openai as sdk
import pytest
from openai.types import CreateEmbeddingResponse

import clients
import stack


def configuration(urls):
    """Groups for every kind of call."""
    aws = {
        "aws_region_name": "us-east-1",
        "aws_access_key_id": urls["access_key_id"],
        "aws_secret_access_key": urls["secret_access_key"],
        "aws_bedrock_runtime_endpoint": urls["bedrock"],
        "sagemaker_base_url": urls["sagemaker"],
    }
    openai = {"api_base": f"{urls['openai']}/v1", "api_key": "sk-openai-of-the-gateway"}
    cohere = {"api_base": urls["openai"], "api_key": "sk-cohere-of-the-gateway"}
    gemini = {"api_base": urls["gemini"], "api_key": "sk-gemini-of-the-gateway"}
    anthropic = {"api_base": urls["anthropic"], "api_key": "sk-ant-of-the-gateway"}
    price = {"input_cost_per_token": "0.000002", "output_cost_per_token": "0.000008"}
    search = {"input_cost_per_query": "0.002"}

    def entry(group, model, *settings):
        params = {"model": model}
        for setting in settings:
            params.update(setting)
        return {"model_name": group, "litellm_params": params}

    titan, nova = "amazon.titan-embed-text-v2:0", "amazon.nova-2-multimodal-embeddings-v1:0"
    return {
        "model_list": [
            entry("embed-openai", "openai/text-embedding-3-small", openai),
            entry("embed-floats", "openai/fake-floats", openai, price),
            entry("embed-titan", f"bedrock/{titan}", aws),
            entry("embed-cohere-bedrock", "bedrock/cohere.embed-v4:0", aws, price),
            entry("embed-nova", f"bedrock/{nova}", aws, price),
            entry("embed-cohere", "cohere/embed-v4.0", cohere, price),
            entry("embed-sagemaker", "sagemaker/embedder", aws, price),
            entry("embed-gemini", "gemini/gemini-embedding-001", gemini, price),
            entry("rank-cohere", "cohere/rerank-v3.5", cohere),
            entry("rank-jina", "jina_ai/jina-reranker-m0", openai),
            entry("rank-bedrock", "bedrock/cohere.rerank-v3-5:0", aws),
            entry("rank-amazon", "bedrock/amazon.rerank-v1:0", aws),
            entry("rank-sagemaker", "sagemaker/ranker", aws, search),
            entry("paint", "openai/gpt-image-1", openai),
            entry("canvas", "bedrock/amazon.nova-canvas-v1:0", aws),
            entry("ultra", "bedrock/stability.stable-image-ultra-v1:1", aws),
            entry("speak", "openai/tts-x", openai, {"input_cost_per_character": "0.000015"}),
            entry("whisper", "openai/whisper-x", openai, {"input_cost_per_second": "0.0001"}),
            entry("listen", "openai/gpt-4o-transcribe", openai),
            entry("omni-moderation-latest", "openai/omni-moderation-latest", openai),
            entry("instruct", "openai/gpt-3.5-turbo-instruct", openai, price),
            entry("chat", "openai/gpt-4o", openai),
            entry("claude", "anthropic/claude-sonnet-4-5", anthropic),
            entry("nova", "bedrock/us.amazon.nova-lite-v1:0", aws),
        ],
        "litellm_settings": {"num_retries": 0},
    }


@pytest.fixture(scope="module")
def gateway(fakes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("operations")
    gateway = stack.Gateway(folder, fakes.urls, config=configuration(fakes.urls))
    yield gateway
    gateway.stop()


@contextlib.contextmanager
def cohere_client(gateway, key):
    """Cohere's client, whose connections are closed at the end."""
    with httpx.Client(trust_env=False, timeout=30) as http:
        yield cohere_sdk.ClientV2(
            api_key=key, base_url=gateway.url, max_retries=0, httpx_client=http
        )


@pytest.fixture
def cohere(gateway, key):
    with cohere_client(gateway, key) as client:
        yield client


@pytest.fixture
def budgeted(gateway):
    """A key with a dollar, and OpenAI's client with it."""
    key = gateway.new_key(max_budget=1)
    with clients.openai(gateway, key) as client:
        yield key, client


EMBEDDERS = [
    "embed-openai", "embed-floats", "embed-titan", "embed-cohere-bedrock", "embed-nova",
    "embed-cohere", "embed-sagemaker", "embed-gemini",
]


@pytest.mark.parametrize("group", EMBEDDERS)
def test_embeddings(gateway, budgeted, group):
    key, openai = budgeted
    # OpenAI's client asks for base64 by itself and decodes it.
    answer = openai.embeddings.create(model=group, input=["Grüezi", "adieu"])
    assert [one.index for one in answer.data] == [0, 1]
    assert len(answer.data[0].embedding) >= 8
    assert answer.data[0].embedding != answer.data[1].embedding
    assert answer.model == group
    CreateEmbeddingResponse.model_validate(answer.model_dump(mode="json"))
    floats = openai.embeddings.create(model=group, input="Grüezi", encoding_format="float")
    assert floats.data[0].embedding == pytest.approx(answer.data[0].embedding)
    rows, info = gateway.settled(key, 2)
    assert {row["call_type"] for row in rows} == {"aembedding"}
    assert info["spend"] > 0


def test_dimensions(budgeted):
    _, openai = budgeted
    for group in ("embed-openai", "embed-titan", "embed-gemini", "embed-cohere-bedrock"):
        answer = openai.embeddings.create(model=group, input="a", dimensions=256)
        assert len(answer.data[0].embedding) == 256, group


def test_tokens_reach_openai_and_are_refused_where_the_tokenizer_is_another(budgeted):
    _, openai = budgeted
    assert len(openai.embeddings.create(model="embed-openai", input=[[1, 2], [3]]).data) == 2
    with pytest.raises(sdk.BadRequestError) as raised:
        openai.embeddings.create(model="embed-titan", input=[1, 2, 3])
    assert raised.value.param == "input"


@pytest.mark.parametrize("group", ["embed-cohere", "embed-cohere-bedrock", "embed-openai", "embed-titan"])
def test_coheres_client_embeds(cohere, group):
    answer = cohere.embed(
        model=group, texts=["Grüezi", "adieu"], input_type="search_document", embedding_types=["float"]
    )
    assert len(answer.embeddings.float_) == 2
    assert len(answer.embeddings.float_[0]) >= 8
    assert answer.meta.billed_units.input_tokens > 0


@pytest.mark.parametrize(
    "group", ["rank-cohere", "rank-jina", "rank-bedrock", "rank-amazon", "rank-sagemaker"]
)
def test_coheres_client_ranks(gateway, group):
    key = gateway.new_key(max_budget=1)
    documents = ["green grass", "the sky is blue", "blue"]
    with cohere_client(gateway, key) as client:
        answer = client.rerank(model=group, query="blue sky", documents=documents, top_n=2)
    assert [one.index for one in answer.results] == [1, 2]
    assert answer.results[0].relevance_score == 1.0
    rows, info = gateway.settled(key, 1)
    assert rows[0]["call_type"] == "arerank"
    assert info["spend"] > 0


def test_coheres_client_reads_refusals(cohere, gateway):
    with pytest.raises(cohere_sdk.BadRequestError):
        cohere.rerank(model="rank-cohere", query="q", documents=[])
    with cohere_client(gateway, "sk-nobody-knows-this") as stranger:
        with pytest.raises(cohere_sdk.UnauthorizedError):
            stranger.rerank(model="rank-cohere", query="q", documents=["a"])


@pytest.mark.parametrize("group", ["paint", "canvas", "ultra"])
def test_images(gateway, budgeted, group):
    key, openai = budgeted
    answer = openai.images.generate(model=group, prompt="say a cat", n=2, size="1024x1024")
    assert len(answer.data) == 2
    assert base64.b64decode(answer.data[0].b64_json).startswith(b"\x89PNG")
    rows, info = gateway.settled(key, 1)
    assert rows[0]["call_type"] == "aimage_generation"
    assert info["spend"] > 0


def test_images_in_a_stream(gateway, budgeted):
    key, openai = budgeted
    events = list(openai.images.generate(model="paint", prompt="say a cat", stream=True, partial_images=1))
    assert [event.type for event in events] == [
        "image_generation.partial_image", "image_generation.completed",
    ]
    gateway.settled(key, 1)


@pytest.mark.parametrize("group", ["paint", "canvas"])
def test_images_are_edited(budgeted, group):
    _, openai = budgeted
    answer = openai.images.edit(
        model=group, image=[("one.png", clients.PIXEL)], prompt="say a hat"
    )
    assert answer.data[0].b64_json


def test_speech_streams(gateway, budgeted):
    key, openai = budgeted
    with openai.audio.speech.with_streaming_response.create(
        model="speak", voice="alloy", input="Grüezi"
    ) as response:
        sound = b"".join(response.iter_bytes())
    assert sound == b"".join(bytes([0xFF, 0xFB, at]) for _ in range(16) for at in range(251))
    assert response.headers["content-type"] == "audio/mpeg"
    rows, info = gateway.settled(key, 1)
    assert rows[0]["call_type"] == "aspeech"
    assert info["spend"] == pytest.approx(6 * 0.000015)


def recording(seconds):
    """A WAV of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(struct.pack("<h", 0) * 8000 * seconds)
    return file.getvalue()


def test_transcriptions(gateway, budgeted):
    key, openai = budgeted
    file = ("hello.txt", b"say hello")
    assert openai.audio.transcriptions.create(model="whisper", file=file).text == "say hello"
    text = openai.audio.transcriptions.create(model="listen", file=file, response_format="text")
    assert text.strip() == "say hello"
    english = openai.audio.translations.create(model="whisper", file=file)
    assert english.text == "In English: say hello"
    events = list(openai.audio.transcriptions.create(model="listen", file=file, stream=True))
    assert [event.type for event in events] == ["transcript.text.delta", "transcript.text.done"]
    rows, _ = gateway.settled(key, 4)
    assert {row["call_type"] for row in rows} == {"atranscription"}


def test_a_recording_is_bounded_by_its_length_before_anybody_has_heard_it(gateway):
    sound = ("hello.wav", recording(20))
    for budget, refused in ((0.0019, True), (0.0021, False)):
        key = gateway.new_key(max_budget=budget)
        with clients.openai(gateway, key) as openai:
            if refused:
                with pytest.raises(sdk.APIStatusError) as raised:
                    openai.audio.transcriptions.create(model="whisper", file=sound)
                assert raised.value.status_code == 422
                gateway.settled(key, 0)
            else:
                openai.audio.transcriptions.create(model="whisper", file=sound)
                gateway.settled(key, 1)


def test_moderations(gateway, budgeted):
    key, openai = budgeted
    answer = openai.moderations.create(input=["some violence", "peace"])
    assert [one.flagged for one in answer.results] == [True, False]
    rows, info = gateway.settled(key, 1)
    assert (rows[0]["call_type"], info["spend"]) == ("amoderation", 0)


@pytest.mark.parametrize("group", ["instruct", "chat", "claude", "nova"])
def test_completions(gateway, budgeted, group):
    key, openai = budgeted
    answer = openai.completions.create(model=group, prompt="say Grüezi, world", max_tokens=64)
    assert answer.object == "text_completion"
    assert answer.choices[0].text == "Grüezi, world"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.completion_tokens > 0
    chunks = list(openai.completions.create(model=group, prompt="say Grüezi, world", max_tokens=64, stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == "Grüezi, world"
    assert all(chunk.usage is None for chunk in chunks)
    rows, info = gateway.settled(key, 2)
    assert {row["call_type"] for row in rows} == {"atext_completion"}
    assert info["spend"] > 0


def test_azures_client_names_the_model_in_the_path(gateway, key):
    with sdk.AzureOpenAI(
        azure_endpoint=gateway.url, api_key=key, api_version="2024-10-21", max_retries=0
    ) as azure:
        said = azure.chat.completions.create(
            model="chat", messages=[{"role": "user", "content": "say hi"}]
        )
        assert said.choices[0].message.content == "hi"
        assert azure.embeddings.create(model="embed-titan", input="a").data[0].embedding
        assert azure.completions.create(model="claude", prompt="say hi").choices[0].text == "hi"
        file = ("hello.txt", b"say hello")
        assert azure.audio.transcriptions.create(model="whisper", file=file).text == "say hello"
        assert azure.images.generate(model="canvas", prompt="a cat").data[0].b64_json


def test_a_key_without_the_model_is_refused_everywhere(gateway):
    key = gateway.new_key(models=["chat"])
    with clients.openai(gateway, key) as openai:
        calls = [
            lambda: openai.embeddings.create(model="embed-openai", input="a"),
            lambda: openai.images.generate(model="paint", prompt="a"),
            lambda: openai.audio.speech.create(model="speak", voice="alloy", input="a"),
            lambda: openai.audio.transcriptions.create(model="whisper", file=("a", b"a")),
            lambda: openai.moderations.create(input="a"),
            lambda: openai.completions.create(model="instruct", prompt="a"),
        ]
        for call in calls:
            with pytest.raises(sdk.PermissionDeniedError):
                call()


def test_providers_errors_keep_their_class(budgeted, gateway):
    key, openai = budgeted
    for call in (
        lambda: openai.embeddings.create(model="embed-titan", input="error 429"),
        lambda: openai.embeddings.create(model="embed-gemini", input="error 429"),
        lambda: openai.images.generate(model="paint", prompt="error 429"),
        lambda: openai.completions.create(model="claude", prompt="error 429"),
    ):
        with pytest.raises(sdk.RateLimitError):
            call()
    _, info = gateway.settled(key, 4)
    assert info["spend"] == 0
