//! What providers really answer when they refuse, in every caller's words: body by body, the class
//! that it is read as, and the status and error type that each caller sees (LiteLLM's mapping of
//! exceptions for OpenAI's dialect, Anthropic's and AWS's own for theirs).

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use sluice_wire::{Dialect, Fault, FaultKind, Pump, Retry, Stamp};

struct Case {
    /// Who answers, and how it speaks.
    provider: &'static str,
    dialect: Dialect,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    /// The class, and whether trying again may help.
    kind: FaultKind,
    retry: Retry,
    /// OpenAI's status and type, Anthropic's type, AWS's exception.
    openai: (u16, &'static str),
    anthropic: &'static str,
    aws: &'static str,
}

use FaultKind::{
    Authentication as Auth, ContentPolicy as Content, ContextWindow as Context,
    InvalidRequest as Bad, NotFound, Overloaded, Permission, RateLimit as Rate, Timeout, Upstream,
};
use Retry::{Again, Elsewhere, Never};

const CHAT: Dialect = Dialect::OpenAiChat;
const CLAUDE: Dialect = Dialect::AnthropicMessages;
const CONVERSE: Dialect = Dialect::BedrockConverse;
const GEMINI: Dialect = Dialect::Gemini;

macro_rules! cases {
    ($($provider:literal $dialect:ident $status:literal [$($name:literal: $value:literal),*] $body:literal
        => $kind:ident $retry:ident, $openai:tt, $anthropic:literal, $aws:literal;)*) => {
        [$(Case {
            provider: $provider, dialect: $dialect, status: $status, headers: &[$(($name, $value)),*],
            body: $body, kind: $kind, retry: $retry, openai: $openai, anthropic: $anthropic, aws: $aws,
        }),*]
    };
}

fn cases() -> Vec<Case> {
    let cases = cases! {
        // OpenAI
        "openai" CHAT 400 [] r#"{"error":{"message":"This model's maximum context length is 128000 tokens. However, your messages resulted in 140012 tokens. Please reduce the length of the messages.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#
            => Context Elsewhere, (400, "invalid_request_error"), "invalid_request_error", "ValidationException";
        "openai" CHAT 400 [] r#"{"error":{"message":"Your input exceeds the context window of this model. Please adjust your input and try again.","type":"invalid_request_error","param":"input","code":"context_length_exceeded"}}"#
            => Context Elsewhere, (400, "invalid_request_error"), "invalid_request_error", "ValidationException";
        "openai" CHAT 400 [] r#"{"error":{"message":"Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt.","type":"invalid_request_error","param":null,"code":"invalid_prompt"}}"#
            => Content Elsewhere, (400, "invalid_request_error"), "invalid_request_error", "ValidationException";
        "openai" CHAT 401 [] r#"{"error":{"message":"Incorrect API key provided: sk-abc***xyz. You can find your API key at https://platform.openai.com/account/api-keys.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#
            => Auth Elsewhere, (401, "authentication_error"), "authentication_error", "UnrecognizedClientException";
        "openai" CHAT 429 ["retry-after-ms": "1500"] r#"{"error":{"message":"Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#
            => Rate Again, (429, "throttling_error"), "rate_limit_error", "ThrottlingException";
        "openai" CHAT 429 [] r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#
            => Rate Elsewhere, (429, "throttling_error"), "rate_limit_error", "ThrottlingException";
        "openai" CHAT 404 [] r#"{"error":{"message":"The model `gpt-9` does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#
            => NotFound Elsewhere, (404, "not_found_error"), "not_found_error", "ResourceNotFoundException";
        "openai" CHAT 500 [] r#"{"error":{"message":"The server had an error while processing your request. Sorry about that!","type":"server_error","param":null,"code":null}}"#
            => Upstream Again, (500, "internal_server_error"), "api_error", "InternalServerException";
        "openai" CHAT 503 [] r#"{"error":{"message":"The engine is currently overloaded, please try again later","type":"server_error","param":null,"code":null}}"#
            => Overloaded Again, (503, "service_unavailable_error"), "overloaded_error", "ServiceUnavailableException";
        // Azure
        "azure" CHAT 400 [] r#"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true,"severity":"high"}}}}}"#
            => Content Elsewhere, (400, "invalid_request_error"), "invalid_request_error", "ValidationException";
        "azure" CHAT 429 ["retry-after": "7"] r#"{"error":{"code":"429","message":"Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-10-21 have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 7 seconds."}}"#
            => Rate Again, (429, "throttling_error"), "rate_limit_error", "ThrottlingException";
        "azure" CHAT 404 [] r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#
            => NotFound Elsewhere, (404, "not_found_error"), "not_found_error", "ResourceNotFoundException";
        "azure" CHAT 401 [] r#"{"statusCode": 401, "message": "Unauthorized. Access token is missing, invalid, audience is incorrect, or have expired."}"#
            => Auth Elsewhere, (401, "authentication_error"), "authentication_error", "UnrecognizedClientException";
        // Compatible providers
        "mistral" CHAT 400 [] r#"{"object":"error","message":"Prompt contains 40960 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_prompt","param":null,"code":"3051"}"#
            => Context Elsewhere, (400, "invalid_request_error"), "invalid_request_error", "ValidationException";
        "mistral" CHAT 422 [] r#"{"object":"error","message":{"detail":[{"type":"missing","loc":["body","messages"],"msg":"Field required"}]},"type":"invalid_request_error","param":null,"code":null}"#
            => Bad Never, (422, "invalid_request_error"), "invalid_request_error", "ValidationException";
        "mistral" CHAT 429 [] r#"{"object":"error","message":"Service tier capacity exceeded for this model.","type":"service_tier_capacity_exceeded","param":null,"code":"3505"}"#
            => Rate Again, (429, "throttling_error"), "rate_limit_error", "ThrottlingException";
        "groq" CHAT 413 ["retry-after": "2"] r#"{"error":{"message":"Request too large for model `llama-3.1-8b-instant` in organization `org_x` on tokens per minute (TPM): Limit 6000, Requested 9000, please reduce your message size and try again.","type":"tokens","code":"rate_limit_exceeded"}}"#
            => Rate Again, (429, "throttling_error"), "rate_limit_error", "ThrottlingException";
        "groq" CHAT 503 [] r#"{"error":{"message":"Service Unavailable","type":"internal_server_error"}}"#
            => Overloaded Again, (503, "service_unavailable_error"), "overloaded_error", "ServiceUnavailableException";
        "deepseek" CHAT 402 [] r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}"#
            => Bad Elsewhere, (402, "invalid_request_error"), "invalid_request_error", "ValidationException";
        "custom_openai" CHAT 502 [] "<html><body>502 Bad Gateway</body></html>"
            => Upstream Again, (502, "internal_server_error"), "api_error", "InternalServerException";
        "custom_openai" CHAT 504 [] "upstream request timeout"
            => Timeout Again, (408, "timeout_error"), "timeout_error", "ModelTimeoutException";
        // Anthropic
        "anthropic" CLAUDE 400 [] r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 209183 tokens > 200000 maximum"},"request_id":"req_1"}"#
            => Context Elsewhere, (400, "invalid_request_error"), "invalid_request_error", "ValidationException";
        "anthropic" CLAUDE 400 [] r#"{"type":"error","error":{"type":"invalid_request_error","message":"messages.1.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1."},"request_id":"req_1"}"#
            => Bad Never, (400, "invalid_request_error"), "invalid_request_error", "ValidationException";
        "anthropic" CLAUDE 400 [] r#"{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}"#
            => Content Elsewhere, (400, "invalid_request_error"), "invalid_request_error", "ValidationException";
        "anthropic" CLAUDE 401 [] r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#
            => Auth Elsewhere, (401, "authentication_error"), "authentication_error", "UnrecognizedClientException";
        "anthropic" CLAUDE 403 [] r#"{"type":"error","error":{"type":"permission_error","message":"Your API key does not have permission to use the specified resource."}}"#
            => Permission Elsewhere, (403, "permission_error"), "permission_error", "AccessDeniedException";
        "anthropic" CLAUDE 404 [] r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-9"}}"#
            => NotFound Elsewhere, (404, "not_found_error"), "not_found_error", "ResourceNotFoundException";
        "anthropic" CLAUDE 429 ["retry-after": "21"] r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your organization's rate limit of 40,000 input tokens per minute."}}"#
            => Rate Again, (429, "throttling_error"), "rate_limit_error", "ThrottlingException";
        "anthropic" CLAUDE 529 [] r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#
            => Overloaded Again, (503, "service_unavailable_error"), "overloaded_error", "ServiceUnavailableException";
        // Bedrock
        "bedrock" CONVERSE 400 ["x-amzn-errortype": "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/"] r#"{"message":"Input is too long for requested model."}"#
            => Context Elsewhere, (400, "invalid_request_error"), "invalid_request_error", "ValidationException";
        "bedrock" CONVERSE 400 ["x-amzn-errortype": "ValidationException"] r#"{"message":"The model returned the following errors: input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or `max_tokens` and try again"}"#
            => Context Elsewhere, (400, "invalid_request_error"), "invalid_request_error", "ValidationException";
        "bedrock" CONVERSE 400 ["x-amzn-errortype": "ValidationException"] r#"{"message":"The toolConfig field must be defined when using toolUse and toolResult content blocks."}"#
            => Bad Never, (400, "invalid_request_error"), "invalid_request_error", "ValidationException";
        "bedrock" CONVERSE 403 ["x-amzn-errortype": "AccessDeniedException"] r#"{"message":"You don't have access to the model with the specified model ID."}"#
            => Permission Elsewhere, (403, "permission_error"), "permission_error", "AccessDeniedException";
        "bedrock" CONVERSE 403 ["x-amzn-errortype": "UnrecognizedClientException"] r#"{"message":"The security token included in the request is invalid."}"#
            => Auth Elsewhere, (401, "authentication_error"), "authentication_error", "UnrecognizedClientException";
        "bedrock" CONVERSE 429 ["x-amzn-errortype": "ThrottlingException"] r#"{"message":"Too many tokens, please wait before trying again."}"#
            => Rate Again, (429, "throttling_error"), "rate_limit_error", "ThrottlingException";
        "bedrock" CONVERSE 404 ["x-amzn-errortype": "ResourceNotFoundException"] r#"{"message":"The provided model identifier is invalid."}"#
            => NotFound Elsewhere, (404, "not_found_error"), "not_found_error", "ResourceNotFoundException";
        "bedrock" CONVERSE 503 ["x-amzn-errortype": "ServiceUnavailableException"] r#"{"message":"Bedrock is unable to process your request."}"#
            => Overloaded Again, (503, "service_unavailable_error"), "overloaded_error", "ServiceUnavailableException";
        "bedrock" CONVERSE 408 ["x-amzn-errortype": "ModelTimeoutException"] r#"{"message":"The model timed out."}"#
            => Timeout Again, (408, "timeout_error"), "timeout_error", "ModelTimeoutException";
        // SageMaker: the container's own error, in its words.
        "sagemaker" CHAT 424 [] r#"{"message":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 512 `max_new_tokens`"}"#
            => Context Elsewhere, (400, "invalid_request_error"), "invalid_request_error", "ValidationException";
        // Gemini
        "gemini" GEMINI 400 [] r#"{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#
            => Context Elsewhere, (400, "invalid_request_error"), "invalid_request_error", "ValidationException";
        "gemini" GEMINI 400 [] r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}"#
            => Auth Elsewhere, (401, "authentication_error"), "authentication_error", "UnrecognizedClientException";
        "gemini" GEMINI 429 [] r#"{"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"13s"}]}}"#
            => Rate Again, (429, "throttling_error"), "rate_limit_error", "ThrottlingException";
        "gemini" GEMINI 503 [] r#"{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}"#
            => Overloaded Again, (503, "service_unavailable_error"), "overloaded_error", "ServiceUnavailableException";
        "gemini" GEMINI 404 [] r#"{"error":{"code":404,"message":"models/gemini-9 is not found for API version v1beta","status":"NOT_FOUND"}}"#
            => NotFound Elsewhere, (404, "not_found_error"), "not_found_error", "ResourceNotFoundException";
    };
    cases.into()
}

// === impl Case ===

impl Case {
    fn fault(&self) -> Fault {
        let body = Bytes::from_static(self.body.as_bytes());
        self.dialect.decode_error(self.provider, self.status, self.headers, body)
    }

    fn place(&self) -> String {
        format!("{} {}: {}", self.provider, self.status, self.body)
    }
}

#[test]
fn every_refusal_is_read_as_its_class_and_told_in_every_callers_words() {
    let mut wrong = Vec::new();
    for case in cases() {
        let fault = case.fault();
        let place = case.place();
        let mut expect = |what: &str, found: String, wanted: String| {
            if found != wanted {
                wrong.push(format!("{what}: found {found}, wanted {wanted}\n    {place}"));
            }
        };
        expect("class", format!("{:?}", fault.kind), format!("{:?}", case.kind));
        expect("retry", format!("{:?}", fault.retry), format!("{:?}", case.retry));

        let reply = CHAT.encode_error(&fault, "id");
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        let found = (reply.status, body["error"]["type"].as_str().unwrap());
        expect("openai", format!("{found:?}"), format!("{:?}", case.openai));
        expect("code", body["error"]["code"].to_string(), format!("\"{}\"", reply.status));

        let reply = CLAUDE.encode_error(&fault, "id");
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        expect("anthropic", body["error"]["type"].to_string(), format!("{:?}", case.anthropic));

        let reply = CONVERSE.encode_error(&fault, "id");
        let kind = reply.headers.iter().find(|(name, _)| *name == "x-amzn-errortype");
        let kind = kind.map(|(_, kind)| kind.split(':').next().unwrap_or_default());
        expect("aws", format!("{:?}", kind.unwrap_or_default()), format!("{:?}", case.aws));
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_refusal_keeps_the_providers_own_body_and_when_to_come_back() {
    for case in cases() {
        let fault = case.fault();
        let upstream = fault.upstream.as_ref().unwrap();
        assert_eq!((&*upstream.body, upstream.status), (case.body.as_bytes(), case.status));
        let after = match case.headers {
            [("retry-after", seconds)] => Some(Duration::from_secs(seconds.parse().unwrap())),
            [("retry-after-ms", millis)] => Some(Duration::from_millis(millis.parse().unwrap())),
            _ if case.body.contains("\"13s\"") => Some(Duration::from_secs(13)),
            _ => continue,
        };
        assert_eq!(fault.retry_after, after, "{}", case.place());
    }
}

#[test]
fn a_broken_stream_is_told_under_its_providers_name() {
    let frame = br#"data: {"error":{"code":503,"message":"Overloaded.","status":"UNAVAILABLE"}}"#;
    for (name, exception) in [("vertex_ai", "VertexAIException"), ("gemini", "GeminiException")] {
        let pump = Pump::new(Dialect::Gemini, Dialect::OpenAiChat, Stamp::default());
        let mut pump = pump.of_provider(name);
        let mut out = Vec::new();
        let fault = pump.push(&[&frame[..], b"\n\n"].concat(), &mut out).unwrap_err();
        assert_eq!(fault.upstream.as_ref().unwrap().provider, name);
        let words = format!("litellm.ServiceUnavailableError: {exception} - Overloaded.");
        assert_eq!(fault.message, words);
        assert!(String::from_utf8(out).unwrap().contains(&words));
    }
}
