//! The command `codexsim`; everything is in the library.

fn main() -> std::process::ExitCode {
    codexsim::cli::main()
}
