//! The file as a whole: its sections, one after the other.

use super::{
    Checked, Config, Docs, Environment, General, Level, LitellmSettings, Outside, RouterSettings,
    Source,
    credentials::Credentials,
    field::{Context, Field},
    include, known, model_list, pass_through, prompts,
    section::Section,
    timeouts::Waits,
};

/// Reads and checks a file.
pub(super) fn walk(
    text: &str,
    file: &str,
    environment: &dyn Environment,
    source: &dyn Source,
) -> Checked {
    let context = Context::new(environment);
    let tree = include::gather(&context, text, file, source);
    let config = sections(&Field::root(&context, &tree));
    let findings = context.into_findings();
    let sound = findings.iter().all(|finding| finding.level != Level::Error);
    Checked { file: file.to_owned(), config: config.filter(|_| sound), findings }
}

fn sections(root: &Field<'_, '_>) -> Option<Config> {
    let mut file = Section::open(root)?;
    // First, for all others may name them.
    if let Some(field) = file.take("environment_variables") {
        read_variables(&field);
    }
    let general = file.take("general_settings").map(|field| General::read(&field));
    let litellm = file.take("litellm_settings").map(|field| LitellmSettings::read(&field));
    let litellm = litellm.unwrap_or_default();
    let models = file.take("model_list");
    let groups = models.as_ref().map(model_list::groups).unwrap_or_default();
    let router = file.take("router_settings").map(|field| RouterSettings::read(&field, &groups));
    let router = router.unwrap_or_default();
    let waits = Waits { altogether: litellm.request_timeout, answer: router.timeout, stream: None };
    let credentials = file.take("credential_list").map(|field| Credentials::read(&field));
    let credentials = credentials.unwrap_or_default();
    let deployments = models.map(|field| model_list::read(&field, waits, &credentials));
    let deployments = deployments.unwrap_or_default();
    let prompts = file.take("prompts").map(|field| prompts::read(&field)).unwrap_or_default();
    // Read by then.
    file.take("include");
    file.finish(known::FILE);
    if deployments.is_empty() {
        root.warn("no model can be called", "list deployments below `model_list:`");
    }
    let environment = pass_through::environment(root.context());
    let general = general.unwrap_or_default();
    let outside = Outside::new(root.context(), &general, waits, &credentials);
    Some(Config {
        deployments,
        docs: Docs::read(root),
        prompts,
        general,
        litellm,
        router,
        environment,
        outside,
    })
}

/// `environment_variables:` sets what `os.environ/` then finds.
fn read_variables(field: &Field<'_, '_>) {
    let Some(section) = Section::open(field) else { return };
    for (name, field) in section.each() {
        if let Some(value) = field.text() {
            field.context().overlay.borrow_mut().insert(name.to_owned(), value);
        }
    }
}
