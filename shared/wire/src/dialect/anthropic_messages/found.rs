//! Search results that the caller hands over, as they are read.

use super::{
    read::{At, Object, list, object},
    source::cites,
};
use crate::{
    Fault,
    canon::{Part, SearchResult},
};

/// A `search_result` block; `None` where its texts say more than the canonical form has room for.
pub(super) fn decode(fields: &mut Object<'_>, at: &At<'_>) -> Result<Option<Part>, Fault> {
    let source = fields.need_string("source", at)?;
    let title = fields.need_string("title", at)?;
    let citations = cites(fields, at)?;
    let content = fields.need("content", at)?;
    let at = At::Field(at, "content");
    let mut texts = Vec::new();
    for (index, raw) in list(content, &at)?.into_iter().enumerate() {
        let at = At::Item(&at, index);
        let mut block = object(raw, &at)?;
        if block.need_string("type", &at)? != "text" {
            return Ok(None);
        }
        texts.push(block.need_string("text", &at)?);
        if block.rest().next().is_some() {
            return Ok(None);
        }
    }
    Ok(Some(Part::SearchResult(SearchResult { source, title, texts, citations })))
}
