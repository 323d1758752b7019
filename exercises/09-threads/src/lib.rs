//! The exercises of lesson 09: keep a thread for each conversation.
