//! The answers of lesson 16: stop accepting, finish what is in flight, then stop for good.
