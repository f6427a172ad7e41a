#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| rempart_fuzz::protocol::job_order(input));
