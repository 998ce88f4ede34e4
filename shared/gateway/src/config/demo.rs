//! What is served when there is no file.

use super::Config;

/// Its price is that of a small model, so that spend and budgets can be seen to work.
const DEMO: &str = "
model_list:
  - model_name: demo
    litellm_params:
      model: demo/echo
      input_cost_per_token: 0.0000001
      output_cost_per_token: 0.0000004
    model_info:
      mode: chat
      max_input_tokens: 128000
      max_output_tokens: 4096
";

pub(super) fn config() -> Config {
    // A test holds that it has no error.
    Config::parse(DEMO, "built-in", &()).config.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_is_one_model_with_a_price() {
        let checked = Config::parse(DEMO, "built-in", &());
        assert_eq!(checked.to_string(), "");
        let config = Config::demo();
        let entry = config.deployments.first().unwrap();
        assert_eq!(entry.deployment.group, "demo");
        assert_eq!(entry.deployment.provider.name, "demo");
        let price = entry.price(&crate::pricing::Catalogue::builtin()).unwrap();
        assert!(!price.is_free());
        assert_eq!(price.max_output, Some(4096));
    }
}
