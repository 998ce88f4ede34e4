//! What `POST /v1/responses` takes (OpenAI API reference, "Create a model response").

use crate::shape::Shape::{
    self, Any, Either, Flag, List, Maybe, Number, Open, Struct, Tagged, Text, Whole, Word,
};

/// Top-level fields.
pub(super) static REQUEST: Shape = Struct(
    &[],
    &[
        ("model", &Text),
        ("background", &Maybe(&Flag)),
        ("client_metadata", &Open),
        ("context_management", &Any),
        ("include", &Maybe(&List(&Text))),
        ("input", &Either(&[Text, List(&ITEM)])),
        ("instructions", &Maybe(&Text)),
        ("max_output_tokens", &Maybe(&Whole)),
        ("max_tool_calls", &Maybe(&Whole)),
        ("metadata", &Maybe(&Open)),
        ("parallel_tool_calls", &Maybe(&Flag)),
        ("previous_response_id", &Maybe(&Text)),
        ("prompt", &Maybe(&Open)),
        ("prompt_cache_key", &Maybe(&Text)),
        ("prompt_cache_options", &Open),
        ("prompt_cache_retention", &Maybe(&Text)),
        ("reasoning", &Maybe(&REASONING)),
        ("safety_identifier", &Maybe(&Text)),
        ("service_tier", &Maybe(&Text)),
        ("store", &Maybe(&Flag)),
        ("stream", &Maybe(&Flag)),
        ("stream_options", &Maybe(&Struct(&[], &[("include_obfuscation", &Flag)]))),
        ("temperature", &Maybe(&Number)),
        ("text", &TEXT),
        ("tool_choice", &Either(&[Word(&["none", "auto", "required"]), CHOICE])),
        ("tools", &List(&TOOL)),
        ("top_logprobs", &Maybe(&Whole)),
        ("top_p", &Maybe(&Number)),
        ("truncation", &Maybe(&Word(&["auto", "disabled"]))),
        ("user", &Text),
    ],
);

static REASONING: Shape = Struct(
    &[],
    &[
        ("effort", &Maybe(&Word(&["none", "minimal", "low", "medium", "high", "xhigh", "max"]))),
        ("summary", &Maybe(&Word(&["auto", "concise", "detailed"]))),
        ("generate_summary", &Maybe(&Text)),
    ],
);

static TEXT: Shape =
    Struct(&[], &[("format", &FORMAT), ("verbosity", &Maybe(&Word(&["low", "medium", "high"])))]);

static FORMAT: Shape = Tagged(
    "type",
    &[
        ("text", &Struct(&[], &[])),
        ("json_object", &Struct(&[], &[])),
        (
            "json_schema",
            &Struct(
                &[("name", &Text), ("schema", &Open)],
                &[("description", &Maybe(&Text)), ("strict", &Maybe(&Flag))],
            ),
        ),
    ],
);

const CHOICE: Shape = Tagged(
    "type",
    &[
        ("function", &Struct(&[("name", &Text)], &[])),
        ("allowed_tools", &Struct(&[("mode", &Text), ("tools", &List(&Open))], &[])),
        ("web_search", &Struct(&[], &[])),
        ("custom", &Struct(&[("name", &Text)], &[])),
    ],
);

static TOOL: Shape = Tagged(
    "type",
    &[
        (
            "function",
            &Struct(
                &[("name", &Text)],
                &[
                    ("description", &Maybe(&Text)),
                    ("parameters", &Maybe(&Open)),
                    ("strict", &Maybe(&Flag)),
                ],
            ),
        ),
        (
            "web_search",
            &Struct(
                &[],
                &[
                    ("search_context_size", &Text),
                    ("user_location", &Any),
                    ("external_web_access", &Flag),
                    ("filters", &Maybe(&Open)),
                ],
            ),
        ),
        (
            "namespace",
            &Struct(&[("name", &Text), ("tools", &List(&Open))], &[("description", &Text)]),
        ),
        ("custom", &Struct(&[("name", &Text)], &[("description", &Text), ("format", &Open)])),
    ],
);

/// A message may leave its type out; the check puts it in.
static ITEM: Shape = Tagged(
    "type",
    &[
        (
            "message",
            &Struct(
                &[
                    ("role", &Word(&["user", "assistant", "system", "developer"])),
                    ("content", &SAID),
                ],
                &[("id", &Text), ("status", &Text), ("phase", &Any)],
            ),
        ),
        (
            "function_call",
            &Struct(
                &[("call_id", &Text), ("name", &Text), ("arguments", &Text)],
                &[("id", &Text), ("status", &Text), ("namespace", &Text)],
            ),
        ),
        (
            "function_call_output",
            &Struct(
                &[("call_id", &Text), ("output", &Either(&[Text, List(&PART)]))],
                &[("id", &Text), ("status", &Text)],
            ),
        ),
        ("compaction", &Struct(&[("encrypted_content", &Text)], &[("id", &Maybe(&Text))])),
        (
            "reasoning",
            &Struct(
                &[("summary", &List(&Open))],
                &[
                    ("id", &Text),
                    ("content", &Maybe(&List(&Open))),
                    ("encrypted_content", &Maybe(&Text)),
                    ("status", &Text),
                ],
            ),
        ),
        ("web_search_call", &Struct(&[("id", &Text)], &[("status", &Text), ("action", &Open)])),
    ],
);

static SAID: Shape = Either(&[Text, List(&PART)]);

static PART: Shape = Tagged(
    "type",
    &[
        ("input_text", &Struct(&[("text", &Text)], &[])),
        (
            "output_text",
            &Struct(&[("text", &Text)], &[("annotations", &List(&Open)), ("logprobs", &Any)]),
        ),
        ("refusal", &Struct(&[("refusal", &Text)], &[])),
        (
            "input_image",
            &Struct(
                &[],
                &[
                    ("image_url", &Maybe(&Text)),
                    ("file_id", &Maybe(&Text)),
                    ("detail", &Word(&["auto", "low", "high", "original"])),
                ],
            ),
        ),
        (
            "input_file",
            &Struct(
                &[],
                &[
                    ("file_data", &Text),
                    ("file_id", &Maybe(&Text)),
                    ("file_url", &Text),
                    ("filename", &Text),
                ],
            ),
        ),
    ],
);
