//! The command `codexsim`; everything is in the library.

use codexsim::cli::Memory;

#[global_allocator]
static MEMORY: Memory = Memory;

fn main() -> std::process::ExitCode {
    codexsim::cli::main()
}
