//! What reaches a provider of a call's parameters.

use sluice_providers::Deployment;

use super::*;

fn deployment(name: &str) -> Deployment {
    let mut deployment = Deployment::new("id", "group", name).unwrap();
    deployment.api_base = Some("http://127.0.0.1:1".to_owned());
    deployment
}

fn params<'a>(drop: bool, left_out: &[&'a str], allowed: &[&'a str]) -> Params<'a> {
    Params { drop, left_out: left_out.to_vec(), allowed: allowed.to_vec() }
}

/// What is sent, and what is named.
fn fitted(name: &str, drop: bool, body: &str) -> (String, Vec<String>) {
    let mut dropped = Vec::new();
    let fits = params(drop, &[], &[]).fit(
        &deployment(name),
        Dialect::OpenAiChat,
        body.as_bytes().to_vec(),
        &mut dropped,
    );
    (String::from_utf8(fits.unwrap()).unwrap(), dropped)
}

#[test]
fn a_provider_without_deviations_gets_the_bytes() {
    let body = r#"{ "logit_bias" : {"1": 2}, "n": 3 }"#;
    assert_eq!(fitted("openai/m", false, body), (body.to_owned(), vec![]));
    assert_eq!(fitted("anthropic/m", false, body), (body.to_owned(), vec![]));
}

#[test]
fn what_a_provider_refuses_is_refused_in_litellms_words_or_dropped_and_named() {
    let body = r#"{"model":"m","logit_bias":{"50256":-100},"temperature":0,"top_logprobs":3}"#;
    let mut dropped = Vec::new();
    let fault = params(false, &[], &[])
        .fit(
            &deployment("groq/llama-3"),
            Dialect::OpenAiChat,
            body.as_bytes().to_vec(),
            &mut dropped,
        )
        .unwrap_err();
    assert_eq!((fault.status, fault.param.as_deref()), (400, Some("logit_bias")));
    assert_eq!(
        fault.message,
        "litellm.UnsupportedParamsError: groq does not support parameters: ['logit_bias', \
         'top_logprobs'], for model=llama-3. To drop these, set `litellm.drop_params=True` or for \
         proxy:\n\n`litellm_settings:\n drop_params: true`\n. \n If you want to use these params \
         dynamically send allowed_openai_params=['logit_bias', 'top_logprobs'] in your request."
    );
    assert_eq!(
        fitted("groq/llama-3", true, body),
        (
            r#"{"model":"m","temperature":0}"#.to_owned(),
            vec!["logit_bias".to_owned(), "top_logprobs".to_owned()]
        )
    );
}

#[test]
fn what_the_caller_vouches_for_passes() {
    let body = r#"{"logit_bias":{"1":1}}"#;
    let mut dropped = Vec::new();
    let fits = params(false, &[], &["logit_bias"])
        .fit(&deployment("groq/m"), Dialect::OpenAiChat, body.as_bytes().to_vec(), &mut dropped)
        .unwrap();
    assert_eq!((fits.as_slice(), dropped), (body.as_bytes(), vec![]));
}

#[test]
fn what_changes_nothing_is_left_out_and_what_says_nothing_is_not_even_named() {
    let body = r#"{"model":"m","n":1,"logprobs":false,"logit_bias":{},"store":true}"#;
    assert_eq!(
        fitted("nvidia_nim/m", false, body),
        (r#"{"model":"m"}"#.to_owned(), vec!["store".to_owned()])
    );
}

#[test]
fn a_field_with_another_name_is_renamed() {
    assert_eq!(
        fitted(
            "mistral/m",
            false,
            r#"{"seed":7,"max_completion_tokens":5,"stream_options":{"include_usage":true}}"#
        ),
        (r#"{"max_tokens":5,"random_seed":7}"#.to_owned(), vec![])
    );
    // OpenAI's newer name wins over the older one.
    assert_eq!(
        fitted("deepseek/m", false, r#"{"max_tokens":9,"max_completion_tokens":5}"#).0,
        r#"{"max_tokens":5}"#
    );
}

#[test]
fn what_the_configuration_leaves_out_is_left_out_of_the_callers_bytes() {
    let body = Bytes::from(
        r#"{"model":"m", "seed" : 1,"tools":[{"type":"function","function":{"name":"f","strict":true}}],"x":1}"#,
    );
    let paths = ["seed", "tools[*].function.strict", "tools[0].type", "nothing", "x[0]"];
    let (left, named) = params(false, &paths, &[]).leave_out(&body).unwrap().unwrap();
    assert_eq!(left, r#"{"model":"m","tools":[{"function":{"name":"f"}}],"x":1}"#);
    assert_eq!(named, ["seed", "tools[*].function.strict", "tools[0].type"]);
    assert!(params(false, &["nothing"], &[]).leave_out(&body).unwrap().is_none());
    assert!(params(false, &[], &[]).leave_out(&body).unwrap().is_none());
}
