//! Routes: the same routers on Lambda, in a container and on a laptop.

mod anthropic;
mod cors;
mod gemini;
mod health;
mod models;
mod operations;
mod strays;
mod surface;
mod tokens;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use cors::Cors;

use crate::{
    App, admin, history::routes as history, openapi, quotes, responses::routes as responses,
};

/// Every route that calls a model, the list of models, and health: the `inference` function.
pub fn inference(app: Arc<App>) -> Router {
    let routes = model_routes()
        .merge(admin::model_routes())
        .merge(quotes::routes())
        .merge(history::routes())
        .merge(health_routes())
        .with_passage();
    opened(routes, app)
}

/// The management API and health: the `admin` function.
pub fn management(app: Arc<App>) -> Router {
    let routes = admin::routes().merge(health_routes()).merge(openapi::routes(&app));
    opened(routes.with_strays(), app)
}

/// Everything, for a server.
pub fn all(app: Arc<App>) -> Router {
    let routes = model_routes()
        .merge(quotes::routes())
        .merge(history::routes())
        .merge(admin::routes())
        .merge(health_routes())
        .merge(openapi::routes(&app))
        .with_passage();
    opened(routes, app)
}

/// Routes that pages in browsers may call as well.
fn opened(routes: Router<Arc<App>>, app: Arc<App>) -> Router {
    routes.layer(Cors).with_state(app)
}

fn model_routes() -> Router<Arc<App>> {
    operations::routes()
        .route("/v1/chat/completions", post(surface::chat_completions))
        .route("/chat/completions", post(surface::chat_completions))
        .merge(responses_routes())
        .route("/v1/messages", post(surface::messages))
        .route("/messages", post(surface::messages))
        .route("/v1/messages/count_tokens", post(tokens::anthropic))
        .route("/messages/count_tokens", post(tokens::anthropic))
        .route("/bedrock/model/{*rest}", post(surface::bedrock))
        .route("/v1/models", get(models::list))
        .route("/models", get(models::list))
        .route("/openai/models", get(models::list))
        .route("/openai/models/{*id}", get(models::one))
        // Google's methods of a model stand where others name one.
        .route("/v1/models/{*id}", get(models::one).post(gemini::call))
        .route("/models/{*id}", get(models::one).post(gemini::call))
        .route("/v1beta/models", get(gemini::list))
        .route("/v1beta/models/{*id}", get(gemini::one).post(gemini::call))
        .route("/gemini/v1beta/models", get(gemini::list))
        .route("/gemini/v1beta/models/{*id}", get(gemini::one).post(gemini::call))
        .route("/gemini/v1/models/{*id}", get(gemini::one).post(gemini::call))
}

/// OpenAI's responses, under every base URL that its clients are given.
fn responses_routes() -> Router<Arc<App>> {
    ["/v1", "", "/openai/v1", "/openai"].into_iter().fold(Router::new(), |router, base| {
        router
            .route(&format!("{base}/responses"), post(surface::responses))
            .route(&format!("{base}/responses/input_tokens"), post(tokens::responses))
            .route(
                &format!("{base}/responses/{{id}}"),
                get(responses::get).delete(responses::delete),
            )
            .route(&format!("{base}/responses/{{id}}/cancel"), post(responses::cancel))
            .route(&format!("{base}/responses/{{id}}/input_items"), get(responses::input_items))
    })
}

fn health_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/health/liveliness", get(health::alive))
        .route("/health/liveness", get(health::alive))
        .route("/health/readiness", get(health::ready))
}

trait WithStrays {
    /// What fits no route is refused.
    fn with_strays(self) -> Self;
    /// What fits no route is passed on, where there is somebody to pass it on to.
    fn with_passage(self) -> Self;
}

// === impl Router ===

impl WithStrays for Router<Arc<App>> {
    fn with_strays(self) -> Self {
        self.fallback(strays::not_found).method_not_allowed_fallback(strays::wrong_method)
    }

    fn with_passage(self) -> Self {
        self.fallback(strays::elsewhere).method_not_allowed_fallback(strays::wrong_method)
    }
}
