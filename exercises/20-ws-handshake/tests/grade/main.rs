//! Grades the exercises of lesson 20.
