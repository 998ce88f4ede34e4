"""The REST API: which function a request meets, and whether its answer streams."""

from __future__ import annotations

import json
import re

import pytest

from conftest import ROOT, of_type
from routes import meet

STREAMED = [
    ("POST", "/v1/chat/completions"),
    ("POST", "/chat/completions"),
    ("POST", "/v1/messages"),
    ("POST", "/messages"),
    ("POST", "/messages/count_tokens"),
    ("POST", "/v1/responses"),
    ("POST", "/responses"),
    ("POST", "/openai/v1/responses"),
    ("POST", "/openai/responses"),
    ("GET", "/openai/models"),
    ("GET", "/v1/responses/resp_1"),
    ("DELETE", "/responses/resp_1"),
    ("GET", "/responses/resp_1/input_items"),
    ("POST", "/bedrock/model/demo/converse"),
    ("POST", "/bedrock/model/demo/converse-stream"),
    ("POST", "/bedrock/model/us.anthropic.claude-v1%3A0/converse"),
    ("POST", "/chat-history"),
    ("DELETE", "/chat-history"),
    ("POST", "/bedrock/chat-history"),
    ("GET", "/session-ids"),
    ("POST", "/embeddings"),
    ("POST", "/rerank"),
    ("POST", "/v2/rerank"),
    ("POST", "/embed"),
    ("POST", "/v2/embed"),
    ("POST", "/moderations"),
    ("POST", "/completions"),
    ("POST", "/images/generations"),
    ("POST", "/audio/speech"),
    ("POST", "/openai/deployments/gpt-4o/chat/completions"),
    ("POST", "/engines/gpt-4o/embeddings"),
    ("POST", "/v1beta/models/demo:generateContent"),
    ("POST", "/gemini/v1beta/models/demo:streamGenerateContent"),
    ("POST", "/models/demo:countTokens"),
    ("POST", "/openai/v1/batches"),
    ("POST", "/anthropic/v1/messages/batches"),
    ("GET", "/cohere/v1/models"),
    ("POST", "/utils/token_counter"),
    ("POST", "/spend/calculate"),
    ("POST", "/cost/estimate"),
    ("GET", "/v1/models"),
    ("GET", "/models"),
    ("GET", "/models/openai/gpt-4o"),
    ("GET", "/health/liveliness"),
    ("GET", "/health/readiness"),
    ("GET", "/v1/health/liveliness"),
]
BUFFERED = [
    ("POST", "/key/generate"),
    ("GET", "/key/info"),
    ("POST", "/key/update"),
    ("POST", "/key/delete"),
    ("GET", "/key/list"),
    ("GET", "/spend/logs"),
    ("PATCH", "/organization/update"),
    ("DELETE", "/organization/delete"),
    ("POST", "/tag/new"),
    ("GET", "/"),
    ("GET", "/health/services"),
    ("GET", "/nobodys/route"),
]


@pytest.mark.parametrize(("method", "path"), STREAMED)
def test_a_model_route_meets_inference_and_streams(paths: dict, method: str, path: str) -> None:
    met = meet(paths, method, path)
    assert met.function == "InferenceFunction"
    assert met.integration["responseTransferMode"] == "STREAM"
    uri = met.integration["uri"]["Fn::Sub"]
    assert "/2021-11-15/functions/" in uri and uri.endswith("/response-streaming-invocations")
    # Left alone, API Gateway gives up after 29 seconds.
    assert met.integration["timeoutInMillis"] == 900_000


def test_every_provider_s_door_meets_inference(paths: dict) -> None:
    table = (ROOT / "shared/gateway/src/passage/place.rs").read_text()
    doors = re.findall(r'^    \("(\w+)", "\w+", "/\w+/\*"\),$', table, re.MULTILINE)
    assert len(doors) > 10
    for door in doors:
        assert meet(paths, "POST", f"/{door}/v1/anything").function == "InferenceFunction", door


@pytest.mark.parametrize(("method", "path"), BUFFERED)
def test_a_management_route_meets_admin_and_is_buffered(paths: dict, method: str, path: str) -> None:
    met = meet(paths, method, path)
    assert met.function == "AdminFunction"
    assert met.integration.get("responseTransferMode", "BUFFERED") == "BUFFERED"
    assert "/2015-03-31/functions/" in met.integration["uri"]["Fn::Sub"]


def test_every_method_reaches_the_gateway(paths: dict) -> None:
    # A 405 in the caller's dialect, not API Gateway's 403 "Missing Authentication Token".
    for path, methods in paths.items():
        assert list(methods) == ["x-amazon-apigateway-any-method"], path


def test_the_api_is_regional(resources: dict) -> None:
    api = resources["Api"]["Properties"]
    assert api["EndpointConfiguration"]["Types"] == ["REGIONAL"]
    # An edge-optimised one cuts a stream that is silent for 30 seconds.


def test_forms_with_files_arrive_as_bytes(resources: dict) -> None:
    # CloudFormation writes the slash of a media type as `~1`.
    assert resources["Api"]["Properties"]["BinaryMediaTypes"] == ["multipart~1form-data"]


def test_the_stage_has_a_throttle(resources: dict) -> None:
    (stage,) = of_type(resources, "AWS::ApiGateway::Stage").values()
    (setting,) = stage["Properties"]["MethodSettings"]
    assert setting["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert setting["ThrottlingBurstLimit"] == {"Ref": "RequestsBurst"}


def test_what_api_gateway_answers_itself_is_read_by_every_client(resources: dict) -> None:
    responses = resources["Api"]["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]
    assert set(responses) == {
        "THROTTLED",
        "REQUEST_TOO_LARGE",
        "INTEGRATION_TIMEOUT",
        "INTEGRATION_FAILURE",
    }
    for name, response in responses.items():
        body = json.loads(response["responseTemplates"]["application/json"])
        error = body["error"]
        assert error["code"] == str(response["statusCode"]), name  # OpenAI's, after LiteLLM
        assert body["type"] == "error" and error["type"], name  # Anthropic's
        assert body["message"] == error["message"], name  # AWS's


EVENTS = sorted((ROOT / "events").glob("*.json"))


@pytest.mark.parametrize("event", EVENTS, ids=lambda path: path.stem)
def test_an_event_is_json_and_meets_the_function_it_is_named_after(paths: dict, event) -> None:
    body = json.loads(event.read_text())
    context = body.get("requestContext")
    if context is None:
        assert event.stem.endswith("-warmer") or event.stem.startswith("budget-reset-")
        return
    method = body.get("httpMethod") or context["http"]["method"]
    path = body.get("path") or body["rawPath"]
    expected = {"inference": "InferenceFunction", "admin": "AdminFunction"}
    met = meet(paths, method, path)
    assert met.function == expected[event.stem.split("-")[0]]
    if "resource" in body:
        assert body["resource"] == met.resource
        assert context["path"] == "/live" + path


def test_a_scheduler_event_has_the_shape_that_the_schedule_sends(resources: dict) -> None:
    sent = resources["BudgetResetFunctionSweep"]["Properties"]["Target"]["Input"]["Fn::Sub"]
    sample = json.loads((ROOT / "events" / "budget-reset-scheduler.json").read_text())
    sent = json.loads(sent)
    assert set(sent) == set(sample)
    for field in ("version", "detail-type", "source", "detail"):
        assert sent[field] == sample[field], field
    classic = json.loads((ROOT / "events" / "budget-reset-eventbridge.json").read_text())
    assert set(classic) == set(sample)
