//! The contract that every store keeps: named cases, run on each database.
