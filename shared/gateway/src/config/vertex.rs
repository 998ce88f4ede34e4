//! The `vertex_*` parameters of a deployment.

use sluice_providers::{Auth, Deployment, Google, GoogleKey, Secret, TokenSource};

use super::{
    field::Field,
    secret::{AWS_SECRET, is_reference},
    section::Section,
};

const PROJECT: [&str; 2] = ["vertex_project", "vertex_ai_project"];
const LOCATION: [&str; 2] = ["vertex_location", "vertex_ai_location"];
/// The kind of key that stands for an identity elsewhere.
const EXTERNAL: &str = "external_account";
const CREDENTIALS: [&str; 2] = ["vertex_credentials", "vertex_ai_credentials"];

/// Reads the parameters.
pub(super) fn read(section: &mut Section<'_, '_>, deployment: &mut Deployment) {
    let mut take = |names: [&'static str; 2]| {
        let [name, older] = names;
        let older = section.take(older);
        section.take(name).or(older)
    };
    let (project, location) = (take(PROJECT), take(LOCATION));
    let credentials = take(CREDENTIALS);
    let provider = deployment.provider;
    if provider.auth != Auth::Google {
        for field in [project, location, credentials].into_iter().flatten() {
            field.no_use(provider.name);
        }
        return;
    }
    let context = section.field().context();
    let var = |names: &[&str]| {
        let mut set = names.iter().filter_map(|name| context.var(name));
        set.find(|value| !value.trim().is_empty())
    };
    deployment.vertex.project = match &project {
        Some(field) => segment(field),
        None => var(&["VERTEXAI_PROJECT", "VERTEX_PROJECT"]),
    };
    deployment.vertex.location = match &location {
        Some(field) => segment(field),
        None => var(&["VERTEXAI_LOCATION", "VERTEX_LOCATION"]),
    };
    let key = match &credentials {
        Some(field) => key(field, deployment),
        None => {
            var(&["VERTEXAI_CREDENTIALS", "VERTEX_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS"])
                .and_then(|text| written(section.field(), &text, deployment))
        }
    };
    let found = key.is_some();
    let scope = Google::SCOPE.to_owned();
    deployment.token = key.map(|key| TokenSource::Google(Google { key, scope }));
    if !found && credentials.is_none() {
        section.field().warn(
            "has no `vertex_credentials`: the provider will refuse its calls",
            "set `vertex_credentials` to a key file, its path or aws-secret/NAME, or the variable \
             GOOGLE_APPLICATION_CREDENTIALS",
        );
    }
}

/// A key: a mapping, a JSON text, a path, or a secret of AWS.
fn key(field: &Field<'_, '_>, deployment: &mut Deployment) -> Option<GoogleKey> {
    if field.is_mapping() {
        let text = serde_json::Value::Object(field.json_object()?).to_string();
        warn_pasted(field, &text);
        return document(field, &text, deployment);
    }
    let text = field.written()?;
    if text.starts_with(AWS_SECRET) {
        return field.secret().map(GoogleKey::Json);
    }
    if !is_reference(text) {
        warn_pasted(field, text);
    }
    let text = field.name()?;
    if field.is_outside() && !text.trim().starts_with('{') {
        field.no_file();
        return None;
    }
    written(field, &text, deployment)
}

/// A JSON text, or a path.
fn written(field: &Field<'_, '_>, text: &str, deployment: &mut Deployment) -> Option<GoogleKey> {
    let text = text.trim();
    match text.starts_with('{') {
        true => document(field, text, deployment),
        false => Some(GoogleKey::File(text.into())),
    }
}

/// A key that is at hand is checked at once.
fn document(field: &Field<'_, '_>, text: &str, deployment: &mut Deployment) -> Option<GoogleKey> {
    match GoogleKey::check(text) {
        // It names the files that it is read from, and where it is sent.
        Ok(_) if field.is_outside() && text.contains(EXTERNAL) => {
            field.no_file();
            None
        }
        Ok(project) => {
            let known = &mut deployment.vertex.project;
            *known = known.take().or(project);
            Some(GoogleKey::Json(Secret::plain(text)))
        }
        Err(reason) => {
            field.wrong(reason, "write the key file's JSON, its path, or aws-secret/NAME");
            None
        }
    }
}

fn warn_pasted(field: &Field<'_, '_>, text: &str) {
    if text.contains("PRIVATE KEY") && !field.is_outside() {
        let hint = "anyone who reads it can use the key: write os.environ/NAME or aws-secret/NAME";
        field.warn("holds a private key, in the file", hint);
    }
}

/// A name that becomes a segment of a URL.
fn segment(field: &Field<'_, '_>) -> Option<String> {
    let text = field.name()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
    if !text.bytes().all(plain) {
        field.wrong(format!("`{}` is not a name of Google Cloud's", field.shown()), "");
        return None;
    }
    Some(text)
}
