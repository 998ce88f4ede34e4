//! The request pipeline, its routes, configuration, pricing and routing.
