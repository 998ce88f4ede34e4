//! What OpenAI's image and audio routes say that they used.

use serde_json::Value;
use sluice_wire::canon::Usage;

use crate::pricing::{Class, Units};

/// What the output tokens of a route are, where the answer does not tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    Images,
    Sound,
    Text,
}

/// Reads a `usage` object: tokens with their details, or seconds.
pub(super) fn read(usage: &Value, made: Made) -> (Usage, Units) {
    if let Some(seconds) = usage.get("seconds").and_then(Value::as_f64) {
        let units = Units::default().with_thousandths(Class::SecondInput, thousandths(seconds));
        return (Usage { raw: Some(usage.into()), ..Usage::default() }, units);
    }
    let count =
        |paths: &[&str]| paths.iter().find_map(|path| usage.pointer(path).and_then(Value::as_u64));
    let given = count(&["/input_tokens", "/prompt_tokens"]).unwrap_or(0);
    let of_input = |kind: &str| {
        count(&[
            &format!("/input_tokens_details/{kind}"),
            &format!("/input_token_details/{kind}"),
            &format!("/prompt_tokens_details/{kind}"),
        ])
        .unwrap_or(0)
        .min(given)
    };
    let (cached, images, sound) =
        (of_input("cached_tokens"), of_input("image_tokens"), of_input("audio_tokens"));
    let all = count(&["/output_tokens", "/completion_tokens"]).unwrap_or(0);
    let of_output = |kind: &str| {
        count(&[
            &format!("/output_tokens_details/{kind}"),
            &format!("/completion_tokens_details/{kind}"),
        ])
    };
    // What is not told apart is of the route's own kind.
    let (made_images, made_sound) = match made {
        Made::Images => {
            let text = of_output("text_tokens").unwrap_or(0).min(all);
            (of_output("image_tokens").unwrap_or(all.saturating_sub(text)).min(all), 0)
        }
        Made::Sound => (0, of_output("audio_tokens").unwrap_or(all).min(all)),
        Made::Text => (0, of_output("audio_tokens").unwrap_or(0).min(all)),
    };
    let usage = Usage {
        input: given.saturating_sub(cached).saturating_sub(images).saturating_sub(sound),
        cache_read: cached,
        input_audio: sound,
        output: all.saturating_sub(made_images).saturating_sub(made_sound),
        output_audio: made_sound,
        raw: Some(usage.into()),
        ..Usage::default()
    };
    let units = Units::default()
        .with(Class::ImageTokenInput, images)
        .with(Class::ImageTokenOutput, made_images);
    (usage, units)
}

/// Seconds in milliseconds, up.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a duration; what is none becomes the nearest that is"
)]
pub(super) fn thousandths(seconds: f64) -> u64 {
    // A double of 8.47 is a little more or less than 8.47.
    (seconds * 1000.0 - 1e-6).ceil() as u64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tells_tokens_of_images_text_and_sound_apart() {
        let (usage, units) = read(
            &json!({"input_tokens": 50, "output_tokens": 272, "total_tokens": 322,
                "input_tokens_details": {"text_tokens": 10, "image_tokens": 40}}),
            Made::Images,
        );
        assert_eq!((usage.input, usage.output), (10, 0));
        assert_eq!(units.of(Class::ImageTokenInput), 40);
        assert_eq!(units.of(Class::ImageTokenOutput), 272);

        let (usage, _) = read(
            &json!({"type": "tokens", "input_tokens": 14, "output_tokens": 45,
                "input_token_details": {"text_tokens": 4, "audio_tokens": 10}}),
            Made::Text,
        );
        assert_eq!((usage.input, usage.input_audio, usage.output), (4, 10, 45));
        let (usage, _) = read(&json!({"input_tokens": 14, "output_tokens": 101}), Made::Sound);
        assert_eq!((usage.input, usage.output, usage.output_audio), (14, 0, 101));
    }

    #[test]
    fn seconds_are_exact_to_a_thousandth() {
        let (_, units) = read(&json!({"type": "duration", "seconds": 9}), Made::Text);
        assert_eq!(units, Units::default().with(Class::SecondInput, 9));
        assert_eq!(thousandths(8.47), 8470);
        assert_eq!(thousandths(-1.0), 0);
    }
}
