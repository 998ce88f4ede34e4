//! Every client on every provider.

use serde_json::json;

use crate::house::{
    CACHE_READ, CACHE_WRITE, Caller, House, INPUT, MASTER, OUTPUT, PROVIDERS, decimal,
};

/// What each provider says to `prompt` when it is told to use 100 and 20 tokens.
fn said(provider: &str) -> &'static str {
    match provider {
        "demo" => "This is the demo model. You said: usage 100 20 say Grüezi mitenand",
        _ => "Grüezi mitenand",
    }
}

const PROMPT: &str = "usage 100 20 say Grüezi mitenand";

fn finish(caller: Caller, tools: bool) -> &'static str {
    match (caller, tools) {
        (Caller::OpenAi, false) => "stop",
        (Caller::OpenAi, true) => "tool_calls",
        (Caller::Gemini, _) => "STOP",
        (Caller::Responses, _) => "completed",
        (_, false) => "end_turn",
        (_, true) => "tool_use",
    }
}

async fn text(stream: bool) {
    let house = House::open().await;
    for caller in Caller::ALL {
        for provider in PROVIDERS {
            let key = house.key(&json!({})).await;
            let body = caller.ask(provider, PROMPT);
            let (answer, reading) = caller.call(&house, &key, provider, &body, stream).await;
            let place = format!("{caller:?} on {provider}: {}", answer.text());
            assert_eq!(reading.text, said(provider), "{place}");
            assert_eq!(reading.finish, finish(caller, false), "{place}");
            assert!(reading.ended && reading.error.is_none(), "{place}");
            let (input, output) = reading.usage.unwrap_or_else(|| panic!("no usage: {place}"));
            // The demo counts a quarter of the bytes it reads, and the words it says.
            let expected = if provider == "demo" { (9, 13) } else { (100, 20) };
            assert_eq!((input, output), expected, "{place}");

            let cost =
                i64::try_from(input).unwrap() * INPUT + i64::try_from(output).unwrap() * OUTPUT;
            if !stream {
                assert_eq!(decimal(answer.header("x-litellm-response-cost")), cost, "{place}");
                assert_eq!(decimal(answer.header("x-litellm-key-spend")), cost, "{place}");
            }
            assert_eq!(house.balanced(&key).await, cost, "{place}");
            let row = house.row(&key).await;
            assert_eq!(row["prompt_tokens"], input, "{place}");
            assert_eq!(row["completion_tokens"], output, "{place}");
            assert_eq!(row["status"], "success", "{place}");
            assert_eq!(row["custom_llm_provider"], provider, "{place}");
            assert_eq!(row["model_group"], provider, "{place}");
            assert_eq!(row["metadata"]["stream"], stream, "{place}");
            assert_eq!(row["metadata"]["usage_estimated"], false, "{place}");
            assert_eq!(row["litellm_call_id"], answer.header("x-litellm-call-id"), "{place}");
        }
    }
}

#[tokio::test]
async fn every_client_reads_text_of_every_provider() {
    text(false).await;
}

#[tokio::test]
async fn every_client_reads_streamed_text_of_every_provider() {
    text(true).await;
}

async fn tools(stream: bool) {
    let house = House::open().await;
    for caller in Caller::ALL {
        for provider in PROVIDERS {
            let place = format!("{caller:?} on {provider}");
            let body = caller.with_tool(caller.ask(provider, "Please call get_weather"));
            let (_, asked) = caller.call(&house, MASTER, provider, &body, stream).await;
            assert_eq!(asked.finish, finish(caller, true), "{place}: {asked:?}");
            let [(id, name, arguments)] = asked.calls.as_slice() else {
                panic!("{place}: {asked:?}");
            };
            assert!(!id.is_empty(), "{place}");
            assert_eq!(name, "get_weather", "{place}");
            assert!(arguments["city"].is_string(), "{place}: {arguments}");

            let body = caller.with_result(body, &asked, "18 degrees");
            let (_, told) = caller.call(&house, MASTER, provider, &body, stream).await;
            let expected = match provider {
                "demo" => "The tool answered: 18 degrees",
                _ => "The tool said: 18 degrees",
            };
            assert_eq!(told.text, expected, "{place}");
            assert_eq!(told.finish, finish(caller, false), "{place}");
        }
    }
    assert_eq!(house.fakes.openai.count(), 10);
    assert_eq!(house.fakes.sagemaker.count(), 10);
}

#[tokio::test]
async fn a_tool_is_called_and_its_result_understood_everywhere() {
    tools(false).await;
}

#[tokio::test]
async fn a_streamed_tool_call_is_understood_everywhere() {
    tools(true).await;
}

#[tokio::test]
async fn cached_tokens_cost_what_the_cache_costs() {
    let house = House::open().await;
    for caller in Caller::ALL {
        for provider in ["openai", "anthropic", "bedrock", "gemini"] {
            for stream in [false, true] {
                let key = house.key(&json!({})).await;
                let body = caller.ask(provider, "usage cached usage 100 20 say hi");
                let (answer, _) = caller.call(&house, &key, provider, &body, stream).await;
                // OpenAI and Google do not charge for writing, and count what was written as read afresh.
                let apart = ["anthropic", "bedrock"].contains(&provider);
                let (fresh, write) = if apart { (100, 512) } else { (100 + 512, 0) };
                let cost = fresh * INPUT + 1024 * CACHE_READ + write * CACHE_WRITE + 20 * OUTPUT;
                let place = format!("{caller:?} on {provider}, {stream}: {}", answer.text());
                assert_eq!(house.balanced(&key).await, cost, "{place}");
                let row = house.row(&key).await;
                assert_eq!(row["prompt_tokens"], 100 + 1024 + 512, "{place}");
                assert_eq!(row["metadata"]["cache_read_tokens"], 1024, "{place}");
                assert_eq!(row["metadata"]["cache_write_tokens"], write, "{place}");
            }
        }
    }
}
