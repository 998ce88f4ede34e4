//! The real binary, started as a person would start it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on should stop"
)]

mod sluice;

use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sluice::Sluice;

fn hello(stream: bool) -> Value {
    json!({
        "model": "demo",
        "stream": stream,
        "messages": [{ "role": "user", "content": "Hello!" }],
    })
}

#[tokio::test]
async fn answers_the_curl_line_it_prints() {
    let folder = tempfile::tempdir().unwrap();
    let sluice = Sluice::start(folder.path(), &[]).await;
    let line = sluice.banner.iter().find(|line| line.contains("curl -N")).unwrap();
    let output =
        Command::new("sh").arg("-c").arg(line.trim()).stderr(Stdio::null()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("data: {"), "{text}");
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    let info = sluice.get("/key/info").await;
    assert!(info["info"]["spend"].as_f64().unwrap() > 0.0, "{info}");
}

#[tokio::test]
async fn keeps_key_and_spend_through_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut sluice = Sluice::start(folder.path(), &[]).await;
    let key = sluice.post("/key/generate", &json!({ "max_budget": 1 })).await;
    let key = key["key"].as_str().unwrap().to_owned();
    sluice.chat(&key, &hello(false)).await;
    let path = format!("/key/info?key={key}");
    let before = sluice.get(&path).await["info"]["spend"].clone();
    assert!(before.as_f64().unwrap() > 0.0);
    let master = sluice.master.clone();
    sluice.kill();

    let again = Sluice::start(folder.path(), &[]).await;
    assert_eq!(again.master, master);
    assert_eq!(again.get(&path).await["info"]["spend"], before);
    assert_eq!(again.get(&path).await["info"]["reserved_spend"].as_f64(), Some(0.0));
}

#[tokio::test]
async fn tells_whether_the_accounts_are_what_the_rows_add_up_to() {
    let folder = tempfile::tempdir().unwrap();
    let verify = |data: &str| {
        let data = folder.path().join(data);
        let command = ["ledger", "verify", "--data-dir", data.to_str().unwrap()];
        Command::new(sluice::BINARY).args(command).output().unwrap()
    };
    let mut sluice = Sluice::start(folder.path(), &[]).await;
    let key = sluice.post("/key/generate", &json!({ "max_budget": 1 })).await;
    sluice.chat(key["key"].as_str().unwrap(), &hello(false)).await;
    sluice.kill();
    let output = verify("my data");
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.starts_with("ledger: ok; 1 row(s), "), "{told}");
    assert_eq!(verify("nowhere").status.code(), Some(3));
}

#[tokio::test]
async fn lets_an_open_stream_finish_after_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let mut sluice = Sluice::start(folder.path(), &[]).await;
    let mut response = sluice.request("/v1/chat/completions", &sluice.master, &hello(true)).await;
    let first = response.chunk().await.unwrap().unwrap();
    sluice.terminate();
    let mut text = String::from_utf8(first.to_vec()).unwrap();
    while let Some(chunk) = response.chunk().await.unwrap() {
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    assert!(sluice.exit().success());

    let again = Sluice::start(folder.path(), &[]).await;
    let info = again.get("/key/info").await;
    assert!(info["info"]["spend"].as_f64().unwrap() > 0.0, "{info}");
}

#[tokio::test]
async fn serves_https_with_a_certificate_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let sluice = Sluice::start(folder.path(), &["--tls"]).await;
    assert!(sluice.url.starts_with("https://"));
    let answer = sluice.chat(&sluice.master, &hello(false)).await;
    assert_eq!(answer["object"], "chat.completion");
}

// The client's connection must go on answering while the test waits for the process to end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn speaks_http_2_by_the_handshake_and_in_the_clear_to_who_begins_with_it() {
    for (flags, client) in [
        (&["--tls"][..], reqwest::Client::builder()),
        (&[], reqwest::Client::builder().http2_prior_knowledge()),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut sluice = Sluice::start_with(folder.path(), flags, client).await;
        // Refused before its body is read: the connection is good for the next.
        let refused = sluice.request("/v1/chat/completions", "sk-nobody", &hello(true)).await;
        assert_eq!(refused.status(), 401);
        assert_eq!(refused.version(), reqwest::Version::HTTP_2);
        assert!(refused.headers().get("connection").is_none());
        let answer = sluice.request("/v1/chat/completions", &sluice.master, &hello(true)).await;
        assert_eq!(answer.version(), reqwest::Version::HTTP_2);
        let text = answer.text().await.unwrap();
        assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
        sluice.terminate();
        assert!(sluice.exit().success());
    }
}

#[tokio::test]
async fn a_caller_who_leaves_is_still_settled() {
    let folder = tempfile::tempdir().unwrap();
    let sluice = Sluice::start(folder.path(), &["--on-disconnect", "drain"]).await;
    let key = sluice.post("/key/generate", &json!({ "max_budget": 1 })).await;
    let key = key["key"].as_str().unwrap().to_owned();
    let mut response = sluice.request("/v1/chat/completions", &key, &hello(true)).await;
    response.chunk().await.unwrap().unwrap();
    drop(response);
    let path = format!("/key/info?key={key}");
    let info =
        sluice.until(&path, |info| info["info"]["reserved_spend"].as_f64() == Some(0.0)).await;
    assert!(info["info"]["spend"].as_f64().unwrap() > 0.0, "{info}");
}

#[test]
fn check_names_what_is_wrong_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.yaml");
    std::fs::write(
        &config,
        "model_list:\n  - model_name: a\n    litellm_params:\n      model: nope/x\n      rpmm: 3\n",
    )
    .unwrap();
    let output = Command::new(sluice::BINARY).arg("check").arg(&config).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!output.status.success(), "{text}");
    assert!(text.contains(":4:") && text.contains("nope"), "{text}");
    assert!(text.contains(":5:") && text.contains("rpmm"), "{text}");
}

#[test]
fn help_and_version_answer_without_starting() {
    for flag in ["--help", "--version"] {
        let output = Command::new(sluice::BINARY).arg(flag).output().unwrap();
        assert!(output.status.success());
        assert!(!output.stdout.is_empty());
    }
}

#[tokio::test]
async fn audit_verify_says_whether_the_log_is_whole_and_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut sluice = Sluice::start(folder.path(), &[]).await;
    for _ in 0..3 {
        sluice.post("/key/generate", &json!({})).await;
    }
    sluice.kill();
    let data = folder.path().join("my data");
    let heads = folder.path().join("heads.json");
    let verify = |flag: &str| {
        let mut command = Command::new(sluice::BINARY);
        command.args(["audit", "verify", "--data-dir"]).arg(&data).arg(flag).arg(&heads);
        let output = command.output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = verify("--note");
    assert_eq!(code, 0, "{text}");
    assert!(text.starts_with("audit log: ok; 4 row(s) in "), "{text}");
    assert_eq!(verify("--noted").0, 0);

    let client = sluice_embedded::Engine::open(&data.join("store.db")).unwrap().client();
    let items = client.scan().table_name("sluice-core").send().await.unwrap().items.unwrap();
    let is_row = |item: &&std::collections::HashMap<String, _>| item.contains_key("pe");
    let mut key = items.iter().find(is_row).unwrap().clone();
    key.retain(|name, _| name == "pk" || name == "sk");
    let chain = key["pk"].as_s().unwrap().trim_start_matches("AUDIT#").parse::<u8>().unwrap();
    client.delete_item().table_name("sluice-core").set_key(Some(key)).send().await.unwrap();
    let (code, text) = verify("--noted");
    assert_eq!(code, 1, "{text}");
    assert!(text.starts_with(&format!("chain {chain}: row ")), "{text}");
    assert!(text.contains("is missing\n") && text.contains("1 finding(s); 3 row(s)"), "{text}");

    std::fs::remove_dir_all(&data).unwrap();
    assert_eq!(verify("--noted").0, 3, "a log that is not there is none that is whole");
}
