//! What `POST /v1/chat/completions` takes (OpenAI API reference, "Create chat completion").

use crate::shape::{
    Field,
    Shape::{
        self, Any, Either, Flag, List, Maybe, Number, Open, Struct, Tagged, Text, Whole, Word,
    },
};

/// Top-level fields.
pub(crate) static REQUEST: Shape = Struct(
    &[("messages", &List(&MESSAGE))],
    &[
        ("model", &Text),
        ("audio", &Maybe(&Open)),
        ("frequency_penalty", &Maybe(&Number)),
        ("function_call", &Any),
        ("functions", &List(&Open)),
        ("logit_bias", &Maybe(&Open)),
        ("logprobs", &Maybe(&Flag)),
        ("max_completion_tokens", &Maybe(&Whole)),
        ("max_tokens", &Maybe(&Whole)),
        ("metadata", &Maybe(&Open)),
        ("modalities", &Maybe(&List(&Text))),
        ("moderation", &Any),
        ("n", &Maybe(&Whole)),
        ("parallel_tool_calls", &Flag),
        ("prediction", &Maybe(&Open)),
        ("presence_penalty", &Maybe(&Number)),
        ("prompt_cache_key", &Text),
        ("prompt_cache_options", &Open),
        ("prompt_cache_retention", &Maybe(&Text)),
        ("reasoning_effort", &Maybe(&EFFORT)),
        ("response_format", &FORMAT),
        ("safety_identifier", &Text),
        ("seed", &Maybe(&Whole)),
        ("service_tier", &Maybe(&Text)),
        ("stop", &Maybe(&Either(&[Text, List(&Text)]))),
        ("store", &Maybe(&Flag)),
        ("stream", &Maybe(&Flag)),
        ("stream_options", &Maybe(&STREAM_OPTIONS)),
        ("temperature", &Maybe(&Number)),
        ("tool_choice", &Either(&[Word(&["none", "auto", "required"]), CHOICE])),
        ("tools", &List(&TOOL)),
        ("top_logprobs", &Maybe(&Whole)),
        ("top_p", &Maybe(&Number)),
        ("user", &Text),
        ("verbosity", &Maybe(&Word(&["low", "medium", "high"]))),
        ("web_search_options", &Open),
    ],
);

static EFFORT: Shape = Word(&["none", "minimal", "low", "medium", "high", "xhigh", "max"]);

static STREAM_OPTIONS: Shape =
    Struct(&[], &[("include_usage", &Flag), ("include_obfuscation", &Flag)]);

const CHOICE: Shape = Tagged(
    "type",
    &[
        ("function", &Struct(&[("function", &Struct(&[("name", &Text)], &[]))], &[])),
        ("custom", &Struct(&[("custom", &Open)], &[])),
        ("allowed_tools", &Struct(&[("allowed_tools", &Open)], &[])),
    ],
);

static TOOL: Shape = Tagged(
    "type",
    &[
        ("function", &Struct(&[("function", &FUNCTION)], &[])),
        ("custom", &Struct(&[("custom", &Open)], &[])),
    ],
);

static FUNCTION: Shape = Struct(
    &[("name", &Text)],
    &[("description", &Text), ("parameters", &Open), ("strict", &Maybe(&Flag))],
);

static FORMAT: Shape = Tagged(
    "type",
    &[
        ("text", &Struct(&[], &[])),
        ("json_object", &Struct(&[], &[])),
        ("json_schema", &Struct(&[("json_schema", &JSON_SCHEMA)], &[])),
    ],
);

static JSON_SCHEMA: Shape = Struct(
    &[("name", &Text)],
    &[("description", &Text), ("schema", &Open), ("strict", &Maybe(&Flag))],
);

static MESSAGE: Shape = Tagged(
    "role",
    &[
        ("developer", &Struct(&[("content", &WORDS)], &[("name", &Text)])),
        ("system", &Struct(&[("content", &WORDS)], &[("name", &Text)])),
        ("user", &Struct(&[("content", &Either(&[Text, List(&PART)]))], &[("name", &Text)])),
        ("assistant", &Struct(&[], ASSISTANT)),
        ("tool", &Struct(&[("content", &WORDS), ("tool_call_id", &Text)], &[])),
        ("function", &Struct(&[("content", &Maybe(&Text)), ("name", &Text)], &[])),
    ],
);

const ASSISTANT: &[Field] = &[
    ("content", &Maybe(&Either(&[Text, List(&SAID)]))),
    ("refusal", &Maybe(&Text)),
    ("name", &Text),
    ("audio", &Maybe(&Open)),
    ("annotations", &List(&Open)),
    ("function_call", &Maybe(&Open)),
    ("tool_calls", &List(&CALL)),
];

static WORDS: Shape = Either(&[Text, List(&WORD)]);
static WORD: Shape = Tagged("type", &[("text", &Struct(&[("text", &Text)], &[]))]);
static SAID: Shape = Tagged(
    "type",
    &[("text", &Struct(&[("text", &Text)], &[])), ("refusal", &Struct(&[("refusal", &Text)], &[]))],
);

static PART: Shape = Tagged(
    "type",
    &[
        ("text", &Struct(&[("text", &Text)], &[])),
        ("image_url", &Struct(&[("image_url", &IMAGE)], &[])),
        ("input_audio", &Struct(&[("input_audio", &AUDIO)], &[])),
        ("file", &Struct(&[("file", &FILE)], &[])),
    ],
);

static IMAGE: Shape =
    Struct(&[("url", &Text)], &[("detail", &Word(&["auto", "low", "high", "original"]))]);
static AUDIO: Shape = Struct(&[("data", &Shape::Blob), ("format", &Word(&["wav", "mp3"]))], &[]);
static FILE: Shape = Struct(&[], &[("file_data", &Text), ("file_id", &Text), ("filename", &Text)]);

static CALL: Shape = Tagged(
    "type",
    &[
        (
            "function",
            &Struct(
                &[
                    ("id", &Text),
                    ("function", &Struct(&[("name", &Text), ("arguments", &Text)], &[])),
                ],
                &[],
            ),
        ),
        ("custom", &Struct(&[("id", &Text), ("custom", &Open)], &[])),
    ],
);
