//! The door of a management route: who comes in, with what, and how the answer is written.

use std::{collections::HashMap, future::Future, sync::Arc};

use axum::{
    extract::{FromRequestParts as _, Query, RawPathParams, Request, State},
    routing::{MethodFilter, MethodRouter, on},
};
use http::Method;

use super::{
    access::Actor,
    body::Fields,
    reply::{Refused, Wrong, reply},
    roles::rule_of,
    trace::Trace,
};
use crate::App;
#[cfg(test)]
use crate::openapi::Book;
use serde_json::Value;
use sluice_wire::{Fault, FaultKind};

/// A visit: a caller who may use the route, and what they brought.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) actor: Actor,
    /// The body's fields; none for a GET.
    pub(super) fields: Fields,
    /// What the path names, where it names something.
    pub(super) named: Option<String>,
    /// The query.
    pub(super) query: HashMap<String, String>,
    /// Whoever wants to know what is asked for.
    #[cfg(test)]
    book: Option<Book>,
}

/// What serves a route.
pub(super) trait Serve<F>: Fn(Arc<App>, Visit) -> F + Clone + Send + Sync + 'static {}

impl<F, S: Fn(Arc<App>, Visit) -> F + Clone + Send + Sync + 'static> Serve<F> for S {}

/// What it answers.
pub(super) trait Served: Future<Output = Result<Value, Refused>> + Send + 'static {}

impl<F: Future<Output = Result<Value, Refused>> + Send + 'static> Served for F {}

/// The handler of a GET of [`super::roles::RULES`].
pub(super) fn get<F: Served>(path: &'static str, serve: impl Serve<F>) -> MethodRouter<Arc<App>> {
    door(Method::GET, path, serve)
}

/// The handler of a POST.
pub(super) fn post<F: Served>(path: &'static str, serve: impl Serve<F>) -> MethodRouter<Arc<App>> {
    door(Method::POST, path, serve)
}

/// The handler of a PUT.
pub(super) fn put<F: Served>(path: &'static str, serve: impl Serve<F>) -> MethodRouter<Arc<App>> {
    door(Method::PUT, path, serve)
}

/// The handler of a PATCH.
pub(super) fn patch<F: Served>(path: &'static str, serve: impl Serve<F>) -> MethodRouter<Arc<App>> {
    door(Method::PATCH, path, serve)
}

/// The handler of a DELETE.
pub(super) fn delete<F: Served>(
    path: &'static str,
    serve: impl Serve<F>,
) -> MethodRouter<Arc<App>> {
    door(Method::DELETE, path, serve)
}

fn door<F: Served>(
    method: Method,
    path: &'static str,
    serve: impl Serve<F>,
) -> MethodRouter<Arc<App>> {
    let filter = match method {
        Method::GET => MethodFilter::GET,
        Method::PUT => MethodFilter::PUT,
        Method::PATCH => MethodFilter::PATCH,
        Method::DELETE => MethodFilter::DELETE,
        _ => MethodFilter::POST,
    };
    on(filter, async move |State(app): State<Arc<App>>, request: Request| {
        let mut trace = Trace::begin(&app, &method, path, request.headers());
        let result = match Visit::receive(&app, &method, path, request, &mut trace).await {
            Ok(visit) => {
                let result = serve(Arc::clone(&app), visit).await;
                if method != Method::GET {
                    app.keys.clear();
                    app.customers.clear();
                    app.tags.clear();
                }
                result
            }
            Err(refused) => Err(refused),
        };
        if let Err(refused) = &result {
            trace.refused(&app, refused).await;
        }
        reply(&trace.deed.call, result)
    })
}

// === impl Visit ===

impl Visit {
    async fn receive(
        app: &App,
        method: &Method,
        path: &'static str,
        request: Request,
        trace: &mut Trace,
    ) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        let rule = rule_of(method, path)
            .ok_or_else(|| Fault::new(FaultKind::Internal, "a route that nobody may use"))?;
        let deed = &mut trace.deed;
        let actor = Actor::enter(app, &parts.headers, parts.uri.path(), rule, deed).await?;
        let named = RawPathParams::from_request_parts(&mut parts, &()).await;
        let named = named.ok().and_then(|named| named.iter().next().map(|(_, it)| it.to_owned()));
        let query = Query::try_from_uri(&parts.uri).map(|Query(query)| query).map_err(|error| {
            Refused::Fields(vec![Wrong {
                place: "query",
                field: String::new(),
                kind: "value_error",
                message: error.to_string(),
            }])
        })?;
        let fields = if *method == Method::GET {
            Fields::default()
        } else {
            Fields::read(&parts.headers, body).await?
        };
        trace.aims_at(named.as_deref(), &fields);
        #[cfg(test)]
        let (book, mut fields) = (parts.extensions.get::<Book>().cloned(), fields);
        #[cfg(test)]
        if let Some(book) = &book {
            book.rule(path);
            fields.note(book);
        }
        Ok(Self {
            actor,
            fields,
            named,
            query,
            #[cfg(test)]
            book,
        })
    }

    /// A value of the query, where it says something.
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        #[cfg(test)]
        if let Some(book) = &self.book {
            book.query(name, false);
        }
        self.query.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A value of the query that has to be there.
    pub(super) fn required(&self, name: &'static str) -> Result<&str, Refused> {
        #[cfg(test)]
        if let Some(book) = &self.book {
            book.query(name, true);
            return Ok("x");
        }
        self.asked(name).ok_or_else(|| {
            Refused::Fields(vec![Wrong {
                place: "query",
                field: name.to_owned(),
                kind: "missing",
                message: "Field required".to_owned(),
            }])
        })
    }

    /// Whether a switch of the query is on.
    pub(super) fn switch(&self, name: &str) -> bool {
        self.asked(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}
