//! What `POST /v1/messages` takes (Anthropic API reference, "Create a Message").

use crate::shape::{
    Field,
    Shape::{
        self, Any, Blob, Either, Flag, List, Maybe, Number, Open, Struct, Tagged, Text, Whole, Word,
    },
};

/// Top-level fields.
pub(crate) static REQUEST: Shape = Struct(MUST, MAY);

/// Top-level fields when the `anthropic-beta` header is there.
pub(crate) static BETA: Shape = Struct(MUST, MAY_IN_BETA);

const MUST: &[Field] = &[("model", &Text), ("messages", &List(&MESSAGE)), ("max_tokens", &Whole)];

const MAY: &[Field] = &[
    ("cache_control", &Maybe(&CACHE)),
    ("container", &Any),
    ("diagnostics", &Maybe(&Open)),
    ("inference_geo", &Maybe(&Text)),
    ("metadata", &Struct(&[], &[("user_id", &Maybe(&Text))])),
    ("output_config", &OUTPUT),
    ("service_tier", &Word(&["auto", "standard_only"])),
    ("speed", &Maybe(&Text)),
    ("stop_sequences", &List(&Text)),
    ("stream", &Flag),
    ("system", &Either(&[Text, List(&SYSTEM)])),
    ("temperature", &Number),
    ("thinking", &THINKING),
    ("tool_choice", &CHOICE),
    ("tools", &List(&TOOL)),
    ("top_k", &Whole),
    ("top_p", &Number),
    ("user_profile_id", &Text),
    ("workspace_id", &Text),
];

const MAY_IN_BETA: &[Field] = &[
    ("cache_control", &Maybe(&CACHE)),
    ("container", &Any),
    ("context_management", &Any),
    ("inference_geo", &Maybe(&Text)),
    ("mcp_servers", &List(&Open)),
    ("metadata", &Struct(&[], &[("user_id", &Maybe(&Text))])),
    ("output_config", &OUTPUT),
    ("output_format", &Any),
    ("service_tier", &Word(&["auto", "standard_only"])),
    ("speed", &Any),
    ("stop_sequences", &List(&Text)),
    ("stream", &Flag),
    ("system", &Either(&[Text, List(&SYSTEM)])),
    ("temperature", &Number),
    ("thinking", &THINKING),
    ("tool_choice", &CHOICE),
    ("tools", &List(&TOOL)),
    ("top_k", &Whole),
    ("top_p", &Number),
];

static CACHE: Shape =
    Tagged("type", &[("ephemeral", &Struct(&[], &[("ttl", &Word(&["5m", "1h"]))]))]);

static OUTPUT: Shape = Struct(
    &[],
    &[
        ("effort", &Maybe(&Word(&["low", "medium", "high", "xhigh", "max"]))),
        ("format", &Maybe(&Tagged("type", &[("json_schema", &Struct(&[("schema", &Open)], &[]))]))),
    ],
);

static THINKING: Shape = Tagged(
    "type",
    &[
        ("enabled", &Struct(&[("budget_tokens", &Whole)], &[("display", &Maybe(&Text))])),
        ("adaptive", &Struct(&[], &[("display", &Maybe(&Text))])),
        ("between_tools", &Struct(&[], &[])),
        ("disabled", &Struct(&[], &[])),
    ],
);

static CHOICE: Shape = Tagged(
    "type",
    &[
        ("auto", &Struct(&[], &[("disable_parallel_tool_use", &Flag)])),
        ("any", &Struct(&[], &[("disable_parallel_tool_use", &Flag)])),
        ("tool", &Struct(&[("name", &Text)], &[("disable_parallel_tool_use", &Flag)])),
        ("none", &Struct(&[], &[])),
    ],
);

/// A tool of the caller's. Tools of Anthropic's own (`type` not `custom`) are not looked into.
static TOOL: Shape = Open;

/// A tool of the caller's, whole.
pub(crate) static CUSTOM_TOOL: Shape = Struct(
    &[("name", &Text), ("input_schema", &Open)],
    &[
        ("type", &Maybe(&Word(&["custom"]))),
        ("description", &Text),
        ("cache_control", &Maybe(&CACHE)),
        ("strict", &Flag),
        ("allowed_callers", &List(&Text)),
        ("defer_loading", &Flag),
        ("eager_input_streaming", &Maybe(&Flag)),
        ("input_examples", &List(&Open)),
    ],
);

static SYSTEM: Shape = Tagged("type", &[("text", &TEXT)]);

static MESSAGE: Shape = Struct(
    &[
        ("role", &Word(&["user", "assistant", "system"])),
        ("content", &Either(&[Text, List(&BLOCK)])),
    ],
    &[],
);

static TEXT: Shape = Struct(
    &[("text", &Text)],
    &[("cache_control", &Maybe(&CACHE)), ("citations", &Maybe(&List(&Open)))],
);

static BLOCK: Shape = Tagged(
    "type",
    &[
        ("text", &TEXT),
        ("image", &IMAGE),
        ("document", &DOCUMENT),
        ("search_result", &Open),
        (
            "tool_use",
            &Struct(
                &[("id", &Text), ("name", &Text), ("input", &Open)],
                &[("cache_control", &Maybe(&CACHE)), ("caller", &Open)],
            ),
        ),
        (
            "tool_result",
            &Struct(
                &[("tool_use_id", &Text)],
                &[
                    ("content", &Either(&[Text, List(&RESULT)])),
                    ("is_error", &Flag),
                    ("cache_control", &Maybe(&CACHE)),
                ],
            ),
        ),
        ("thinking", &Struct(&[("thinking", &Text), ("signature", &Text)], &[])),
        ("redacted_thinking", &Struct(&[("data", &Text)], &[])),
        ("server_tool_use", &Open),
        ("web_search_tool_result", &Open),
    ],
);

static RESULT: Shape = Tagged(
    "type",
    &[("text", &TEXT), ("image", &IMAGE), ("document", &DOCUMENT), ("search_result", &Open)],
);

static IMAGE: Shape = Struct(&[("source", &IMAGE_SOURCE)], &[("cache_control", &Maybe(&CACHE))]);

static IMAGE_SOURCE: Shape = Tagged(
    "type",
    &[
        (
            "base64",
            &Struct(
                &[
                    ("media_type", &Word(&["image/jpeg", "image/png", "image/gif", "image/webp"])),
                    ("data", &Blob),
                ],
                &[],
            ),
        ),
        ("url", &Struct(&[("url", &Text)], &[])),
        ("file", &Struct(&[("file_id", &Text)], &[])),
    ],
);

static DOCUMENT: Shape = Struct(
    &[("source", &DOCUMENT_SOURCE)],
    &[
        ("cache_control", &Maybe(&CACHE)),
        ("citations", &Maybe(&Struct(&[], &[("enabled", &Flag)]))),
        ("context", &Maybe(&Text)),
        ("title", &Maybe(&Text)),
    ],
);

static DOCUMENT_SOURCE: Shape = Tagged(
    "type",
    &[
        ("base64", &Struct(&[("media_type", &Word(&["application/pdf"])), ("data", &Blob)], &[])),
        ("text", &Struct(&[("media_type", &Word(&["text/plain"])), ("data", &Text)], &[])),
        ("content", &Struct(&[("content", &Any)], &[])),
        ("url", &Struct(&[("url", &Text)], &[])),
        ("file", &Struct(&[("file_id", &Text)], &[])),
    ],
);
