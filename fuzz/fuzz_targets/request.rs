#![no_main]
#![allow(dead_code, reason = "each target runs one of the properties")]

#[path = "../../shared/wire/tests/fuzz/property.rs"]
mod property;

libfuzzer_sys::fuzz_target!(|data: &[u8]| property::request(data));
