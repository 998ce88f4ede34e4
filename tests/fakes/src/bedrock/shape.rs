//! What `Converse` and `ConverseStream` take in their body (Bedrock Runtime API reference).

use crate::shape::Shape::{
    self, Any, Blob, Flag, List, Number, Open, Struct, Text, Union, Whole, Word,
};

/// Top-level fields; all of them are optional.
pub(crate) static REQUEST: Shape = Struct(
    &[],
    &[
        ("messages", &List(&MESSAGE)),
        ("system", &List(&SYSTEM)),
        ("inferenceConfig", &INFERENCE),
        ("toolConfig", &TOOLS),
        ("guardrailConfig", &GUARDRAIL),
        ("additionalModelRequestFields", &Any),
        ("promptVariables", &Open),
        ("additionalModelResponseFieldPaths", &List(&Text)),
        ("requestMetadata", &Open),
        ("performanceConfig", &Struct(&[], &[("latency", &Word(&["standard", "optimized"]))])),
        (
            "serviceTier",
            &Struct(&[("type", &Word(&["priority", "default", "flex", "reserved"]))], &[]),
        ),
        ("outputConfig", &OUTPUT),
        ("projectIdentifier", &Text),
    ],
);

static MESSAGE: Shape =
    Struct(&[("role", &Word(&["user", "assistant", "system"])), ("content", &List(&BLOCK))], &[]);

static CACHE_POINT: Shape =
    Struct(&[("type", &Word(&["default"]))], &[("ttl", &Word(&["5m", "1h"]))]);

static SYSTEM: Shape =
    Union(&[("text", &Text), ("guardContent", &Open), ("cachePoint", &CACHE_POINT)]);

static BLOCK: Shape = Union(&[
    ("text", &Text),
    ("image", &IMAGE),
    ("document", &DOCUMENT),
    ("video", &Open),
    ("audio", &Open),
    (
        "toolUse",
        &Struct(
            &[("toolUseId", &Text), ("name", &Text), ("input", &Any)],
            &[("type", &Word(&["server_tool_use"]))],
        ),
    ),
    (
        "toolResult",
        &Struct(
            &[("toolUseId", &Text), ("content", &List(&RESULT))],
            &[("status", &Word(&["success", "error"])), ("type", &Text)],
        ),
    ),
    ("guardContent", &Open),
    ("cachePoint", &CACHE_POINT),
    (
        "reasoningContent",
        &Union(&[
            ("reasoningText", &Struct(&[("text", &Text)], &[("signature", &Text)])),
            ("redactedContent", &Blob),
        ]),
    ),
    ("citationsContent", &Open),
    ("searchResult", &Open),
]);

static RESULT: Shape = Union(&[
    ("json", &Any),
    ("text", &Text),
    ("image", &IMAGE),
    ("document", &DOCUMENT),
    ("video", &Open),
    ("searchResult", &Open),
]);

static S3: Shape = Struct(&[("uri", &Text)], &[("bucketOwner", &Text)]);

static IMAGE: Shape = Struct(
    &[
        ("format", &Word(&["png", "jpeg", "gif", "webp"])),
        ("source", &Union(&[("bytes", &Blob), ("s3Location", &S3)])),
    ],
    &[],
);

static DOCUMENT: Shape = Struct(
    &[
        ("name", &Text),
        (
            "source",
            &Union(&[
                ("bytes", &Blob),
                ("s3Location", &S3),
                ("text", &Text),
                ("content", &List(&Union(&[("text", &Text)]))),
            ]),
        ),
    ],
    &[
        ("format", &Word(&["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"])),
        ("context", &Text),
        ("citations", &Struct(&[("enabled", &Flag)], &[])),
    ],
);

static INFERENCE: Shape = Struct(
    &[],
    &[
        ("maxTokens", &Whole),
        ("temperature", &Number),
        ("topP", &Number),
        ("stopSequences", &List(&Text)),
    ],
);

static TOOLS: Shape = Struct(
    &[("tools", &List(&TOOL))],
    &[(
        "toolChoice",
        &Union(&[
            ("auto", &Struct(&[], &[])),
            ("any", &Struct(&[], &[])),
            ("tool", &Struct(&[("name", &Text)], &[])),
        ]),
    )],
);

static TOOL: Shape = Union(&[
    (
        "toolSpec",
        &Struct(
            &[("name", &Text), ("inputSchema", &Union(&[("json", &Any)]))],
            &[("description", &Text), ("strict", &Flag)],
        ),
    ),
    ("systemTool", &Struct(&[("name", &Text)], &[])),
    ("cachePoint", &CACHE_POINT),
]);

static GUARDRAIL: Shape = Struct(
    &[],
    &[
        ("guardrailIdentifier", &Text),
        ("guardrailVersion", &Text),
        ("trace", &Word(&["enabled", "disabled", "enabled_full"])),
        ("streamProcessingMode", &Word(&["sync", "async"])),
    ],
);

static OUTPUT: Shape = Struct(
    &[],
    &[
        (
            "textFormat",
            &Struct(
                &[
                    ("type", &Word(&["json_schema"])),
                    (
                        "structure",
                        &Union(&[(
                            "jsonSchema",
                            &Struct(
                                &[("schema", &Text)],
                                &[("name", &Text), ("description", &Text)],
                            ),
                        )]),
                    ),
                ],
                &[],
            ),
        ),
        ("effort", &Text),
    ],
);
