//! `codexsim transfer`: numbers for the transfers of storage runs, from swarms.

use super::args::Layers;
use super::host::Console;
use super::new_file::{Dated, quoted};
use super::progress::{Counted, Display};
use super::{End, Failure, output};
use crate::report;
use crate::results::AtomicFile;
use crate::scenario::Input;
use crate::study::{TransferError, TransferRequest};
use crate::units::{Bytes, Rate, Time};
use clap::Args;
use std::path::{Path, PathBuf};

/// Measure in swarms what a transfer takes, for storage runs
///
/// One node rebuilds a slot of a dataset with a code from the hosts that have the
/// others; of a protocol without codes, or with --data 1, it fetches a slot from the
/// one host that has it. Two sizes over two links (--link, and ten times that) give
/// start-up, share of the link, rate of its own, bytes on the wire and bytes fetched;
/// further runs show how far these carry to other links, latencies and codes.
///
/// FILE is for `repair.transfer` of a storage scenario.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  codexsim transfer --protocol codex-v2\n  codexsim transfer --protocol codex-v1 --data 10 --total 15 --link \"20 Mbit/s\" --out mine.toml"
)]
pub struct Transfer {
    /// Protocol: a name from `codexsim models`, or a TOML file
    #[arg(long, value_name = "NAME|FILE", default_value = "codex-v2")]
    protocol: String,
    #[command(flatten)]
    layers: Layers,
    /// Slots that are enough to rebuild one; 1 fetches a slot as it is
    #[arg(long, value_name = "K", default_value_t = 4)]
    data: u32,
    /// All slots of a dataset
    #[arg(long, value_name = "N", default_value_t = 6)]
    total: u32,
    /// Sizes of slots, the smaller first
    #[arg(long, value_name = "SIZE,SIZE", default_value = "64 MiB,256 MiB", value_delimiter = ',', num_args = 1)]
    slots: Vec<Bytes>,
    /// Capacity of all links, each way
    #[arg(long, value_name = "RATE", default_value = "100 Mbit/s")]
    link: Rate,
    /// One way, between any two nodes
    #[arg(long, value_name = "TIME", default_value = "20 ms")]
    latency: Time,
    /// File for the numbers; standard output when absent
    #[arg(long, value_name = "FILE.toml")]
    out: Option<PathBuf>,
    #[command(flatten)]
    dated: Dated,
    /// No progress and no notes, only errors and results
    #[arg(long)]
    quiet: bool,
}

impl Transfer {
    /// Runs the swarms, writes or shows the file.
    pub fn carry_out(&self) -> Result<End, Failure> {
        self.out.as_deref().map_or(Ok(()), |out| self.dated.check(out))?;
        let request = self.request()?;
        let console = Console::new(None, Display::new(Counted::Runs, self.quiet));
        let found = request.measure(&console);
        console.close();
        let found = match found {
            Ok(found) => found,
            Err(TransferError::Interrupted) => {
                self.note("interrupted; nothing was written");
                return Ok(End::Incomplete);
            }
            Err(TransferError::Run(words)) => {
                output::tell(&words);
                return Ok(End::Breach);
            }
            Err(error) => return Err(Failure::Input(error.to_string())),
        };
        found.warnings.iter().for_each(|warning| self.note(&format!("warning: {warning}")));
        let text = report::transfer(&found, &self.command(), &self.dated.date());
        let Some(out) = &self.out else {
            output::say(&text)?;
            return Ok(End::Good);
        };
        AtomicFile::write_all(out, text.as_bytes())?;
        self.note(&format!("{} is written; use it with repair.transfer = \"{}\"", out.display(), out.display()));
        Ok(End::Good)
    }

    fn request(&self) -> Result<TransferRequest, Failure> {
        let wrong = |_| Failure::Input("--slots: expected two sizes, such as \"64 MiB,256 MiB\"".into());
        let slots = self.slots.clone().try_into().map_err(wrong)?;
        let input = Input { protocol: Some(self.protocol.clone()), ..self.layers.input() };
        let (code, link, latency) = ((self.data, self.total), self.link, self.latency);
        Ok(TransferRequest { input, code, slots, link, latency })
    }

    fn note(&self, line: &str) {
        if !self.quiet {
            output::tell(line);
        }
    }

    /// What decides the numbers, as it would be typed; of paths the last part.
    fn command(&self) -> String {
        let name = |path: &Path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let slots: Vec<String> = self.slots.iter().map(Bytes::to_string).collect();
        let mut words = vec![format!("codexsim transfer --protocol {}", quoted(&name(Path::new(&self.protocol))))];
        words.extend(self.layers.words());
        words.push(format!("--data {} --total {}", self.data, self.total));
        words.push(format!("--slots {}", quoted(&slots.join(","))));
        words.push(format!("--link {}", quoted(&self.link.to_string())));
        words.push(format!("--latency {}", quoted(&self.latency.to_string())));
        words.join(" ")
    }
}
