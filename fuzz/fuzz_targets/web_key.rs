//! Runs `parsers::web_key`.
#![no_main]

#[expect(dead_code, reason = "each target runs one function of the file")]
#[path = "../../crates/rest-auth-formats/tests/hostile_input/parsers.rs"]
mod parsers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| parsers::web_key(bytes));
