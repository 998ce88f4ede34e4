//! One text sealed: `sealed:1:<hint>:<base64 of nonce, cipher text, tag>`.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde_json::{Map, Value};

use super::{
    Unopened, VaultError,
    words::{hides, hint, is_secret},
};
use crate::random::Randomness;

const PREFIX: &str = "sealed:1:";

/// A data key from its bytes.
pub(super) fn key(bytes: &[u8]) -> Result<Arc<LessSafeKey>, VaultError> {
    let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| VaultError::Malformed)?;
    Ok(Arc::new(LessSafeKey::new(key)))
}

/// Whether something in here is sealed.
pub(crate) fn is_sealed(values: &Map<String, Value>) -> bool {
    fn any(value: &Value) -> bool {
        match value {
            Value::String(text) => text.starts_with(PREFIX),
            Value::Array(items) => items.iter().any(any),
            Value::Object(members) => is_sealed(members),
            _ => false,
        }
    }
    values.values().any(any)
}

/// The hint of a sealed text; `None` for any other.
pub(super) fn hint_of(text: &str) -> Option<&str> {
    text.strip_prefix(PREFIX)?.rsplit_once(':').map(|(hint, _)| hint)
}

/// The same values with their secrets sealed for an owner.
pub(super) fn sealed(
    values: &Map<String, Value>,
    owner: &str,
    key: &LessSafeKey,
    random: &dyn Randomness,
) -> Result<Map<String, Value>, VaultError> {
    each(values, owner, false, &mut |text, place, named| {
        if hint_of(text).is_some() || !is_secret(text, named) {
            return Ok(text.to_owned());
        }
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce).map_err(|error| VaultError::Sealing(error.to_string()))?;
        let mut bytes = text.as_bytes().to_vec();
        let bound = Aad::from(place.as_bytes());
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound, &mut bytes)
            .map_err(|error| VaultError::Sealing(error.to_string()))?;
        let mut whole = nonce.to_vec();
        whole.append(&mut bytes);
        Ok(format!("{PREFIX}{}:{}", hint(text), STANDARD.encode(whole)))
    })
}

/// The same values with their secrets opened.
pub(super) fn opened(
    values: &Map<String, Value>,
    owner: &str,
    key: &LessSafeKey,
) -> Result<Map<String, Value>, Unopened> {
    each(values, owner, false, &mut |text, place, _| {
        let Some(sealed) = text.strip_prefix(PREFIX) else { return Ok(text.to_owned()) };
        let (_, data) = sealed.rsplit_once(':').ok_or(Unopened)?;
        let whole = STANDARD.decode(data).map_err(|_| Unopened)?;
        let (nonce, bytes) = whole.split_first_chunk::<NONCE_LEN>().ok_or(Unopened)?;
        let mut bytes = bytes.to_vec();
        let plain = key
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(place.as_bytes()),
                &mut bytes,
            )
            .map_err(|_| Unopened)?;
        String::from_utf8(plain.to_vec()).map_err(|_| Unopened)
    })
}

/// What becomes of a text: of its place, and of whether that is a secret's.
type Change<'c, E> = &'c mut dyn FnMut(&str, &str, bool) -> Result<String, E>;

fn each<E>(
    values: &Map<String, Value>,
    place: &str,
    named: bool,
    change: Change<'_, E>,
) -> Result<Map<String, Value>, E> {
    let mut changed = Map::new();
    for (name, value) in values {
        let value = one(value, &format!("{place}#{name}"), named || hides(name), change)?;
        changed.insert(name.clone(), value);
    }
    Ok(changed)
}

fn one<E>(value: &Value, place: &str, named: bool, change: Change<'_, E>) -> Result<Value, E> {
    Ok(match value {
        Value::String(text) => Value::String(change(text, place, named)?),
        Value::Array(items) => {
            let mut changed = Vec::new();
            for (index, item) in items.iter().enumerate() {
                changed.push(one(item, &format!("{place}#{index}"), named, change)?);
            }
            Value::Array(changed)
        }
        Value::Object(members) => Value::Object(each(members, place, named, change)?),
        _ => value.clone(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::random::SystemRandomness;

    #[test]
    fn a_sealed_secret_opens_in_its_place_with_its_key_and_nowhere_else() {
        let (ours, theirs) = (key(&[7; 32]).unwrap(), key(&[8; 32]).unwrap());
        let values = json!({
            "model": "openai/gpt-4o",
            "api_key": "sk-abcdefghijklmnopqrstuvwxyz",
            "vertex_credentials": { "private_key": "a secret: with colons", "type": "service_account" },
            "api_base": "https://host/v1",
        });
        let values = values.as_object().unwrap();
        let random = SystemRandomness::default();
        let stored = sealed(values, "model#1", &ours, &random).unwrap();
        let text = serde_json::to_string(&stored).unwrap();
        assert!(!text.contains("abcdefgh") && !text.contains("a secret"), "{text}");
        assert!(text.contains("https://host/v1") && text.contains("sk****yz"), "{text}");
        assert_eq!(opened(&stored, "model#1", &ours).as_ref(), Ok(values));
        assert_eq!(opened(&stored, "model#2", &ours), Err(Unopened));
        assert_eq!(opened(&stored, "model#1", &theirs), Err(Unopened));
        let mut moved = stored.clone();
        moved.insert("api_base".to_owned(), stored["api_key"].clone());
        assert_eq!(opened(&moved, "model#1", &ours), Err(Unopened));
        assert_ne!(sealed(values, "model#1", &ours, &random).unwrap(), stored);
        // What is sealed already stays as it is.
        assert_eq!(sealed(&stored, "model#1", &ours, &random).unwrap(), stored);
    }
}
