//! Conversations as the texts that models were trained on, from their published chat templates.

use std::fmt::Write as _;

/// A way of writing a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Template {
    /// The contents alone, a line each.
    Plain,
    /// Llama 2 Chat.
    Llama2,
    /// Llama 3 and later.
    Llama3,
    /// Mistral and Mixtral Instruct.
    Mistral,
    /// ChatML (Qwen and many others).
    ChatMl,
}

/// One message: its role, and its text.
pub(super) type Message<'a> = (&'a str, String);

// === impl Template ===

impl Template {
    /// The template of a model, by the name it has on Hugging Face or in JumpStart.
    #[must_use]
    pub fn of_model(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let has = |word: &str| name.contains(word);
        if has("llama-3") || has("llama3") || has("llama-4") {
            Self::Llama3
        } else if has("llama-2") && (has("chat") || has("-f")) {
            Self::Llama2
        } else if has("mistral") || has("mixtral") {
            Self::Mistral
        } else if has("qwen") || has("chatml") || has("hermes") {
            Self::ChatMl
        } else {
            Self::Plain
        }
    }

    /// The text, up to where the model's answer begins.
    pub(super) fn write(self, messages: &[Message<'_>]) -> String {
        let mut out = String::new();
        match self {
            Self::Plain => {
                let texts: Vec<&str> = messages.iter().map(|(_, text)| text.as_str()).collect();
                out = texts.join("\n");
            }
            Self::Llama3 => {
                out.push_str("<|begin_of_text|>");
                for (role, text) in messages {
                    let _ = write!(
                        out,
                        "<|start_header_id|>{role}<|end_header_id|>\n\n{text}<|eot_id|>"
                    );
                }
                out.push_str("<|start_header_id|>assistant<|end_header_id|>\n\n");
            }
            Self::ChatMl => {
                for (role, text) in messages {
                    let _ = write!(out, "<|im_start|>{role}\n{text}<|im_end|>\n");
                }
                out.push_str("<|im_start|>assistant\n");
            }
            Self::Llama2 => instructions(
                &mut out,
                messages,
                |system| format!("<<SYS>>\n{system}\n<</SYS>>\n\n"),
                true,
            ),
            Self::Mistral => {
                instructions(&mut out, messages, |system| format!("{system}\n\n"), false)
            }
        }
        out
    }
}

/// `[INST] ... [/INST] answer </s>`; instructions stand before the user's next words.
fn instructions(
    out: &mut String,
    messages: &[Message<'_>],
    lead: impl Fn(&str) -> String,
    each_begins: bool,
) {
    let mut pending = String::new();
    for (role, text) in messages {
        match *role {
            "system" => pending.push_str(&lead(text)),
            "assistant" => {
                let _ = write!(out, " {text} </s>");
            }
            _ => {
                if each_begins || out.is_empty() {
                    out.push_str("<s>");
                }
                let _ = write!(out, "[INST] {pending}{text} [/INST]");
                pending.clear();
            }
        }
    }
}
