//! What `generateContent` takes (Gemini API reference, `GenerateContentRequest`, `Content`, `Part`,
//! `Tool`, `Schema`, `GenerationConfig`).

use crate::shape::Shape::{
    self, Any, Either, Flag, List, Maybe, Number, Open, Struct, Text, Whole, Word,
};

/// The body.
pub(super) static REQUEST: Shape = Struct(
    &[("contents", &Either(&[List(&CONTENT), CONTENT_ITSELF]))],
    &[
        ("model", &Text),
        ("systemInstruction", &CONTENT),
        ("tools", &List(&TOOL)),
        ("toolConfig", &TOOL_CONFIG),
        ("safetySettings", &List(&Open)),
        ("generationConfig", &CONFIG),
        ("cachedContent", &Text),
        ("labels", &Open),
        ("serviceTier", &Text),
        ("store", &Flag),
    ],
);

const CONTENT_ITSELF: Shape =
    Struct(&[], &[("role", &Text), ("parts", &Either(&[List(&PART), PART_ITSELF]))]);

static CONTENT: Shape = CONTENT_ITSELF;

const PART_ITSELF: Shape = Struct(
    &[],
    &[
        ("text", &Text),
        ("thought", &Flag),
        ("thoughtSignature", &Text),
        ("inlineData", &Struct(&[("mimeType", &Text), ("data", &Text)], &[("displayName", &Text)])),
        ("fileData", &Struct(&[("fileUri", &Text)], &[("mimeType", &Text)])),
        ("functionCall", &Struct(&[("name", &Text)], &[("args", &Open), ("id", &Text)])),
        (
            "functionResponse",
            &Struct(
                &[("name", &Text), ("response", &Open)],
                &[
                    ("id", &Text),
                    ("parts", &List(&Open)),
                    ("willContinue", &Flag),
                    ("scheduling", &Text),
                ],
            ),
        ),
        ("executableCode", &Open),
        ("codeExecutionResult", &Open),
        ("videoMetadata", &Open),
        ("mediaResolution", &Open),
        ("partMetadata", &Open),
    ],
);

static PART: Shape = PART_ITSELF;

static TOOL: Shape = Struct(
    &[],
    &[
        ("functionDeclarations", &List(&FUNCTION)),
        ("googleSearch", &Open),
        ("googleSearchRetrieval", &Open),
        ("codeExecution", &Open),
        ("urlContext", &Open),
        ("computerUse", &Open),
        ("fileSearch", &Open),
        ("googleMaps", &Open),
    ],
);

static FUNCTION: Shape = Struct(
    &[("name", &Text)],
    &[
        ("description", &Text),
        ("parameters", &SCHEMA),
        ("parametersJsonSchema", &Any),
        ("response", &Any),
        ("responseJsonSchema", &Any),
        ("behavior", &Text),
    ],
);

/// A part of OpenAPI 3.0; JSON Schema's other words are refused.
pub(super) static SCHEMA: Shape = Struct(
    &[],
    &[
        ("type", &Word(TYPES)),
        ("format", &Text),
        ("title", &Text),
        ("description", &Text),
        ("nullable", &Flag),
        ("enum", &List(&Text)),
        ("maxItems", &Any),
        ("minItems", &Any),
        ("properties", &Open),
        ("required", &List(&Text)),
        ("minProperties", &Any),
        ("maxProperties", &Any),
        ("minLength", &Any),
        ("maxLength", &Any),
        ("pattern", &Text),
        ("example", &Any),
        ("anyOf", &List(&SCHEMA)),
        ("propertyOrdering", &List(&Text)),
        ("default", &Any),
        ("items", &SCHEMA),
        ("minimum", &Number),
        ("maximum", &Number),
    ],
);

const TYPES: &[&str] = &[
    "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL", "string", "number",
    "integer", "boolean", "array", "object", "null",
];

static TOOL_CONFIG: Shape = Struct(
    &[],
    &[
        (
            "functionCallingConfig",
            &Struct(
                &[],
                &[
                    ("mode", &Word(&["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"])),
                    ("allowedFunctionNames", &List(&Text)),
                ],
            ),
        ),
        ("retrievalConfig", &Open),
    ],
);

static CONFIG: Shape = Struct(
    &[],
    &[
        ("stopSequences", &List(&Text)),
        ("responseMimeType", &Text),
        ("responseSchema", &SCHEMA),
        ("responseJsonSchema", &Any),
        ("responseModalities", &List(&Text)),
        ("candidateCount", &Whole),
        ("maxOutputTokens", &Whole),
        ("temperature", &Number),
        ("topP", &Number),
        ("topK", &Number),
        ("seed", &Whole),
        ("presencePenalty", &Number),
        ("frequencyPenalty", &Number),
        ("responseLogprobs", &Flag),
        ("logprobs", &Whole),
        ("enableEnhancedCivicAnswers", &Flag),
        ("speechConfig", &Open),
        ("imageConfig", &Open),
        ("mediaResolution", &Text),
        (
            "thinkingConfig",
            &Struct(
                &[],
                &[
                    ("includeThoughts", &Maybe(&Flag)),
                    ("thinkingBudget", &Whole),
                    ("thinkingLevel", &Text),
                ],
            ),
        ),
    ],
);
