//! What a call costs, exactly, before and after it is made.
//!
//! A price is a whole number of pico-dollars per unit ([`Rate`]). Prices come from the
//! [`Catalogue`] in the binary and from the config file ([`Override`]), and become a
//! [`ModelPrice`], which answers three questions: what did this usage [cost](ModelPrice::cost),
//! what can a call cost [at most](ModelPrice::worst_case), and how much output does a budget
//! [still pay for](ModelPrice::affordable_output).
//!
//! Invariants: no float; one rounding, up, at the end; the parts of a cost sum to it; no usage
//! within the bounds of a worst case costs more than it.

mod bound;
mod catalogue;
mod class;
mod cost;
mod price;
mod rate;
mod table;
mod units;
mod wanted;

#[cfg(test)]
mod tests;

pub use catalogue::{Catalogue, CatalogueEntry};
pub use class::{Class, ServiceTier, Slot};
pub use cost::Breakdown;
pub use price::{ModelPrice, Override, PriceSource};
pub use rate::{Rate, RateError};
pub use table::RateTable;
pub use units::Units;
pub use wanted::Wanted;
pub(crate) use wanted::{arn_model, foundation};
