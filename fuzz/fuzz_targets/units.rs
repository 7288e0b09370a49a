#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| codexsim_fuzz::units(data));
