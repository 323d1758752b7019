//! The exercises of lesson 20: one upgrade, and then it is not HTTP any more.

pub mod accept_key;
pub mod allowed_origins;
pub mod bytes_behind_the_head;
pub mod subprotocol;
pub mod token_list;
pub mod wrong_version;
