//! The exercises of lesson 23: compression is an extension that both sides agree on.

pub mod context_takeover;
pub mod deflate_offers;
pub mod inflate_cap;
pub mod worth_compressing;
