//! Answers of lesson 01.
