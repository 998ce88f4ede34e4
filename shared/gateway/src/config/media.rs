//! What may be fetched by URL. LiteLLM takes these under `litellm_settings` and `general_settings`.

use sluice_providers::MediaPolicy;

use super::section::Section;

/// Mebibyte.
const MIB: usize = 1024 * 1024;

/// What a section says; what it leaves out stays as it was.
pub(super) fn read(section: &mut Section<'_, '_>, media: &mut MediaPolicy) {
    if let Some(field) = section.take("user_url_validation") {
        media.validate = field.flag().unwrap_or(true);
    }
    if let Some(field) = section.take("user_url_allowed_hosts") {
        media.allowed_hosts = field.names().unwrap_or_default();
    }
    if let Some(field) = section.take("max_image_url_download_size_mb")
        && let Some(size) = field.whole(0..=1024)
    {
        media.most_bytes = usize::try_from(size).unwrap_or(usize::MAX).saturating_mul(MIB);
    }
}
