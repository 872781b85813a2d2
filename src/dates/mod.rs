//! Dates as publishers write them, read.
