//! Search results that the caller hands over (`SearchResultBlock`), both ways.

use serde_json::{Map, Value, json};

use super::{
    media::cites,
    reader::{At, take},
};
use crate::{Fault, canon::SearchResult};

pub(super) fn decode(value: Value, at: At<'_>) -> Result<SearchResult, Fault> {
    let mut map = at.object(value)?;
    let source = at.key("source").string(at.require(&mut map, "source")?)?;
    let title = at.key("title").string(at.require(&mut map, "title")?)?;
    let content = at.key("content");
    let mut texts = Vec::new();
    for (index, block) in content.list(at.require(&mut map, "content")?)?.into_iter().enumerate() {
        let at = content.index(index);
        let mut block = at.object(block)?;
        texts.push(at.key("text").string(at.require(&mut block, "text")?)?);
    }
    let citations = cites(take(&mut map, "citations"), at)?;
    Ok(SearchResult { source, title, texts, citations })
}

pub(super) fn encode(found: &SearchResult) -> Value {
    let content: Vec<Value> = found.texts.iter().map(|text| json!({"text": text})).collect();
    let mut out = Map::new();
    out.insert("source".to_owned(), found.source.as_str().into());
    out.insert("title".to_owned(), found.title.as_str().into());
    out.insert("content".to_owned(), content.into());
    if found.citations {
        out.insert("citations".to_owned(), json!({"enabled": true}));
    }
    json!({ "searchResult": out })
}
