//! `POST /v1/images/generations` and `/v1/images/edits` (OpenAI API reference, "Images").

mod price;
mod request;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;
use sluice_providers::{Outbound, Reach, Route};
use sluice_store::NanoUsd;
use sluice_wire::{
    Dialect, Fault, Watch,
    canon::Usage,
    image::{self, Shape},
};

use super::{
    form::Posted,
    json::{self, Where},
    usage::{self, Made},
    watched::Watched,
};
use crate::{
    App,
    corridor::{
        Facts, Flow, Heard, JSON, Line, Operation, Prepared, Reply, Seen, content_type, dropped,
        named, unpriced,
    },
    registry::Member,
};
use price::{Charge, Pictures};

/// A request to make images.
#[derive(Debug)]
pub(crate) struct Images {
    model: String,
    request: image::Request,
    stream: bool,
    /// Images in parts that a stream shows on the way.
    partial: u64,
    given: Given,
}

/// The request as it came.
#[derive(Debug)]
enum Given {
    Json(Bytes),
    Form(Posted),
}

/// How a deployment makes images.
enum Way {
    Forwarded,
    Translated(Shape),
}

// === impl Images ===

impl Images {
    /// Reads a request to make images of text.
    pub(crate) fn read(
        _: &App,
        line: &Line,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Box<dyn Operation>, Fault> {
        content_type(headers)?;
        let body = named(line, body)?;
        let fields = json::Fields::read(&body)?;
        Ok(Box::new(Self {
            model: fields.model()?,
            request: request::of_fields(&fields)?,
            stream: fields.flag("stream")?,
            partial: fields.whole("partial_images", 0, 3)?.unwrap_or(0),
            given: Given::Json(body),
        }))
    }

    /// Reads a request to make images of images, in a form.
    pub(crate) fn read_edit(
        _: &App,
        line: &Line,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Box<dyn Operation>, Fault> {
        let posted = Posted::read(line, headers, body)?;
        Ok(Box::new(Self {
            model: posted.model.clone(),
            request: request::of_form(&posted)?,
            stream: posted.text("stream").is_some_and(|flag| flag.trim() == "true"),
            partial: posted.text("partial_images").and_then(|n| n.trim().parse().ok()).unwrap_or(0),
            given: Given::Form(posted),
        }))
    }

    fn pictures(&self) -> Pictures<'_> {
        let steps = self.request.extras.get("steps").and_then(Value::as_u64);
        Pictures {
            size: self.request.size,
            quality: self.request.quality.as_deref(),
            many_steps: steps.is_some_and(|steps| steps > 50),
            made: self.request.n.max(1),
            given: u64::try_from(self.request.images.len()).unwrap_or(u64::MAX),
            partial: self.partial,
            prompt: u64::try_from(self.request.prompt.len()).unwrap_or(u64::MAX),
        }
    }

    /// What is charged where an answer tells no usage: so many images.
    fn counted(&self, member: &Member, made: u64) -> Seen {
        let pictures = Pictures { made, ..self.pictures() };
        let Some(Charge { price, usage, units, by_token }) = pictures.charge(member) else {
            return Seen { usage: Some(Usage::default()), ..Seen::default() };
        };
        Seen {
            usage: Some(usage),
            units,
            price: Some(price),
            estimated: by_token,
            ..Seen::default()
        }
    }

    fn translated(&self, shape: Shape, heard: &Heard<'_>) -> Result<Reply, Fault> {
        let bodies: Vec<&[u8]> = heard.pieces.iter().map(|piece| &*piece.body).collect();
        let images = shape.decode(&bodies)?;
        let made = u64::try_from(images.len()).unwrap_or(u64::MAX);
        let created = u64::try_from(heard.facts.started.get() / 1000).unwrap_or(0);
        Ok(Reply {
            body: Bytes::from(image::encode_response(&images, created)),
            content_type: JSON,
            seen: self.counted(heard.member, made),
        })
    }
}

impl Operation for Images {
    fn model(&self) -> &str {
        &self.model
    }

    fn stream(&self) -> bool {
        self.stream
    }

    fn serves(&self, member: &Member) -> Result<(), Fault> {
        way(member).map(drop)
    }

    fn worst(&self, member: &Member) -> Result<NanoUsd, Fault> {
        let pictures = self.pictures();
        match pictures.charge(member) {
            Some(charge) => Ok(charge.most()),
            None => Err(unpriced(
                &member.deployment.group,
                "Set output_cost_per_image, or prices per image token, or `model_info.free: true`.",
            )),
        }
    }

    fn prepare(&self, app: &App, member: &Member) -> Result<Prepared, Fault> {
        let Way::Translated(shape) = way(member)? else {
            return match &self.given {
                Given::Json(body) => {
                    let route = Route::Beside("images/generations");
                    json::forward(body, member, Where { route, stream: self.stream })
                }
                Given::Form(posted) => Ok(posted.forward(member, "images/edits", self.stream)),
            };
        };
        let written = shape.encode(&self.request)?;
        let mut outbound = written.bodies.into_iter().map(|body| Outbound {
            body: Bytes::from(body),
            route: Route::Model,
            ..Outbound::default()
        });
        Ok(Prepared {
            outbound: outbound.next().unwrap_or_default(),
            more: outbound.collect(),
            dropped: dropped(app, member, written.losses)?,
            ..Prepared::default()
        })
    }

    fn read(&self, heard: &Heard<'_>) -> Result<Reply, Fault> {
        if let Way::Translated(shape) = way(heard.member)? {
            return self.translated(shape, heard);
        }
        let body = heard.body();
        // It is JSON, or the provider is at fault.
        Dialect::OpenAiChat.glance(&body)?;
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let seen = match answer.get("usage").filter(|usage| usage.is_object()) {
            Some(told) if self.pictures().by_token(heard.member) => {
                let (usage, units) = usage::read(told, Made::Images);
                Seen { usage: Some(usage), units, ..Seen::default() }
            }
            _ => {
                let made = answer.get("data").and_then(Value::as_array).map_or(0, Vec::len);
                self.counted(heard.member, u64::try_from(made).unwrap_or(u64::MAX))
            }
        };
        Ok(Reply { body, content_type: heard.content_type(), seen })
    }

    fn flow(&self, _: &Facts, member: &Member, _: &HeaderMap) -> Box<dyn Flow> {
        let fallback = self.counted(member, self.request.n.max(1));
        Box::new(Watched { watch: Watch::default(), made: Made::Images, fallback })
    }

    fn size(&self) -> usize {
        self.request.prompt.len()
    }
}

fn way(member: &Member) -> Result<Way, Fault> {
    let deployment = &member.deployment;
    match deployment.provider.reach {
        _ if json::is_compatible(member) => Ok(Way::Forwarded),
        Reach::Bedrock => Shape::of_bedrock(&deployment.model)
            .or_else(|| member.info.base_model.as_deref().and_then(Shape::of_bedrock))
            .map(Way::Translated)
            .ok_or_else(|| json::unserved(member, "image generation")),
        _ => Err(json::unserved(member, "image generation")),
    }
}
