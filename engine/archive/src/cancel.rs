//! A request to stop: the house's own, under the name that callers of this crate look for.

pub use rempart_model::CancelToken;
