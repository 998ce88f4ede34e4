//! Chats as texts, and texts as chats.

use serde_json::{Value, json};

use super::{stream::Tokens, *};

fn asked(payload: Payload, template: Template, chat: &Value, stream: bool) -> Value {
    let text = TextGeneration { payload, template };
    serde_json::from_slice(&text.request(chat.to_string().as_bytes(), stream).unwrap()).unwrap()
}

#[test]
fn writes_the_conversation_as_each_model_was_trained() {
    let messages: Vec<(&str, String)> =
        [("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello."), ("user", "Bye")]
            .map(|(role, text)| (role, text.to_owned()))
            .into();
    for (template, text) in [
        (
            Template::Llama3,
            "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>\
             <|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>\
             <|start_header_id|>assistant<|end_header_id|>\n\nHello.<|eot_id|>\
             <|start_header_id|>user<|end_header_id|>\n\nBye<|eot_id|>\
             <|start_header_id|>assistant<|end_header_id|>\n\n",
        ),
        (
            Template::Llama2,
            "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello. </s><s>[INST] Bye [/INST]",
        ),
        (Template::Mistral, "<s>[INST] Be brief.\n\nHi [/INST] Hello. </s>[INST] Bye [/INST]"),
        (
            Template::ChatMl,
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n\
             <|im_start|>assistant\nHello.<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n\
             <|im_start|>assistant\n",
        ),
        (Template::Plain, "Be brief.\nHi\nHello.\nBye"),
    ] {
        assert_eq!(template.write(&messages), text, "{template:?}");
    }
}

#[test]
fn knows_templates_by_the_names_of_models() {
    for (name, template) in [
        ("meta-llama/Llama-3.1-8B-Instruct", Template::Llama3),
        ("meta-llama/Llama-2-7b-chat-hf", Template::Llama2),
        ("meta-textgeneration-llama-2-13b-f", Template::Llama2),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", Template::Mistral),
        ("Qwen/Qwen2.5-7B-Instruct", Template::ChatMl),
        ("tiiuae/falcon-7b", Template::Plain),
    ] {
        assert_eq!(Template::of_model(name), template, "{name}");
    }
}

#[test]
fn asks_with_the_containers_parameters() {
    let chat = json!({
        "model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
        "max_tokens": 5, "temperature": 0, "top_p": 0.9, "stop": "x", "seed": 1, "user": "u",
    });
    assert_eq!(
        asked(Payload::Tgi, Template::Plain, &chat, true),
        json!({
            "inputs": "Hi",
            "parameters": {
                "max_new_tokens": 5, "do_sample": false, "top_p": 0.9, "stop": ["x"], "seed": 1,
                "return_full_text": false, "details": true,
            },
            "stream": true,
        })
    );
    let llama = asked(Payload::Llama, Template::Plain, &chat, false);
    assert_eq!((llama.get("stream"), llama["parameters"].get("details")), (None, None));
    let picture = json!({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]});
    let text = TextGeneration { payload: Payload::Tgi, template: Template::Plain };
    let fault = text.request(picture.to_string().as_bytes(), false).unwrap_err();
    assert_eq!(fault.param.as_deref(), Some("messages[0].content[0]"));
}

#[test]
fn reads_what_containers_answer() {
    for (body, text, finish) in [
        (r#"[{"generated_text":"a"}]"#, "a", "stop"),
        (r#"{"generated_text":"a","details":{"finish_reason":"length"}}"#, "a", "length"),
        (r#"{"generation":"b","details":{"finish_reason":"eos_token"}}"#, "b", "stop"),
        (r#"[{"generation":{"role":"assistant","content":" c"}}]"#, " c", "stop"),
    ] {
        let said = answer::read(body.as_bytes()).unwrap();
        assert_eq!((said.text.as_str(), said.finish), (text, finish));
    }
    assert_eq!(answer::read(b"{}").unwrap_err().status, 502);
}

#[test]
fn a_stream_cut_anywhere_gives_the_same_events() {
    let events = "data:{\"token\":{\"text\":\"Hé\",\"special\":false},\"generated_text\":null}\n\n\
                  data:{\"token\":{\"text\":\"</s>\",\"special\":true},\"generated_text\":\"Hé\",\
                  \"details\":{\"finish_reason\":\"eos_token\"}}\n\n";
    let whole = |cut: usize| {
        let mut tokens = Tokens::new("id", "m");
        let (head, tail) = events.as_bytes().split_at(cut);
        [tokens.push(head), tokens.push(tail), tokens.end()].concat()
    };
    let expected = String::from_utf8(whole(0)).unwrap();
    assert!(expected.contains(r#""content":"Hé""#) && !expected.contains("</s>"), "{expected}");
    assert!(expected.contains(r#""finish_reason":"stop""#) && expected.ends_with("[DONE]\n\n"));
    for cut in 0..=events.len() {
        assert_eq!(String::from_utf8(whole(cut)).unwrap(), expected, "cut at {cut}");
    }
    // Bare lines of JSON, and an end that never came.
    let mut tokens = Tokens::new("id", "m");
    let out = tokens.push(b"{\"token\":{\"text\":\"a\"}}\n");
    assert!(!out.is_empty() && tokens.end().is_empty());
}
