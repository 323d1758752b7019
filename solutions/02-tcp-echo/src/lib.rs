//! Answers of lesson 02.
