//! Requests of the other dialects as Converse writes them: golden files.

use serde_json::Value;
use sluice_wire::{Dialect, Line, Target};

#[test]
fn requests_of_other_dialects_are_written_as_their_golden_files_say() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/converse/golden");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let golden: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let dialect = match golden["from"].as_str().unwrap() {
            "openai_chat" => Dialect::OpenAiChat,
            "anthropic_messages" => Dialect::AnthropicMessages,
            other => panic!("{other}"),
        };
        let body = golden["request"].to_string();
        let request = dialect.decode_request(body.as_bytes(), Line::default()).unwrap();
        let model = golden["model"].as_str().unwrap();
        let target =
            Target { model, max_output: None, max_completion_tokens: false, ..Target::default() };
        let encoded = Dialect::BedrockConverse.encode_request(&request, target).unwrap();
        let written: Value = serde_json::from_slice(&encoded.body).unwrap();
        let losses: Vec<Value> = encoded
            .losses
            .iter()
            .map(|loss| {
                format!("{}{}", loss.field, if loss.changes_meaning { "!" } else { "" }).into()
            })
            .collect();
        let place = path.display();
        assert_eq!(written, golden["converse"], "{place}");
        assert_eq!(Value::from(losses), golden["losses"], "{place}");
        seen += 1;
    }
    assert!(seen >= 7, "the golden files are missing");
}
