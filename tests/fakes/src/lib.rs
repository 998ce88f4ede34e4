//! Providers on loopback that speak the exact wire, for tests and benchmarks.
