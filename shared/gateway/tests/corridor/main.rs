//! The whole gateway in one process: its routers over the embedded store, with providers that
//! speak (and check) the exact wire, a clock that stands until it is moved, and seeded chance.
//!
//! One binary, so that the gateway is linked once; a file a subject.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on should stop"
)]

mod access_groups;
mod activity;
mod added;
mod alerts;
mod audit;
mod auto_rotation;
mod aws_identity;
mod beyond;
mod cache_points;
mod charges;
mod credentials;
mod custom_tools;
mod customers;
mod defaults;
mod deployments;
mod enforced;
mod fallbacks;
mod gemini;
mod history;
mod hours;
mod house;
mod identity;
mod imports;
mod invoke;
mod keys;
mod limits;
mod managed_prompts;
mod matrix;
mod media;
mod mocks;
mod models;
mod money;
mod notes;
mod operations;
mod organisations;
mod origin;
mod outage;
mod pages;
mod parameters;
mod parties;
mod passage;
mod patience;
mod people;
mod priorities;
mod prompts;
mod quotes;
mod refusals;
mod responses;
mod roles;
mod rotation;
mod routing;
mod signatures;
mod spend;
mod streams;
mod tags;
mod tokens;
mod wildcards;
