//! One run to be played back: who sends to whom, who holds what, and the
//! messages of each node, as one page that needs nothing else.

mod bins;
mod bookmarks;
mod damage;
mod page;

pub use damage::Damage;
pub use page::html;

use crate::ledger::DownloadEnd;
use crate::results::{DownloadRow, NodeRow, ProgressRow, RunRow, SeriesRow, TraceRow, TrafficRow};
use crate::world::Role;

/// A message, times in microseconds as in `trace.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PlayedFlight {
    sent: i64,
    arrived: Option<i64>,
    from: u32,
    to: u32,
    /// Index into [`Playback::classes`].
    class: u8,
    bytes: u64,
}

/// The result files of a run, but for the messages.
#[derive(Debug, Clone, PartialEq)]
pub struct RunTables {
    /// Its row of `runs.csv`.
    pub run: RunRow,
    /// Its rows of `nodes.csv`.
    pub nodes: Vec<NodeRow>,
    /// Its rows of `traffic.csv`.
    pub traffic: Vec<TrafficRow>,
    /// Its rows of `series.csv`.
    pub series: Vec<SeriesRow>,
    /// Its rows of `progress.csv`.
    pub progress: Vec<ProgressRow>,
    /// Its rows of `downloads.csv`, which a run of one file has not.
    pub downloads: Vec<DownloadRow>,
}

/// A run as its result files tell it, ready to be played back.
#[derive(Debug, Clone, PartialEq)]
pub struct Playback {
    run: RunRow,
    nodes: Vec<NodeRow>,
    downloads: Vec<DownloadRow>,
    /// Per node: when each equal step of the dataset was stored, in microseconds; where there
    /// are requests, when each of its downloads was complete.
    steps: Vec<Vec<i64>>,
    /// Where there are requests, per node: when it asked for each of its downloads.
    asked: Vec<Vec<i64>>,
    /// Equal steps of the whole dataset.
    step_count: u32,
    /// Whether what was stored became less: a node crashed.
    data_lost: bool,
    /// Messages that arrived by `traffic.csv`.
    messages: u64,
    /// Classes of messages, in the order in which they first occur.
    classes: Vec<String>,
    flights: Vec<PlayedFlight>,
}

impl Playback {
    /// Of a run without messages as yet.
    pub fn new(tables: RunTables) -> Result<Self, Damage> {
        let RunTables { run, nodes, traffic, series, progress, downloads } = tables;
        damage::check_nodes(&run, &nodes)?;
        progress.iter().try_for_each(|row| damage::check_step(&run, row))?;
        downloads.iter().try_for_each(|row| damage::check_download(&run, row))?;
        let mut steps = vec![Vec::new(); nodes.len()];
        let mut asked = Vec::new();
        if run.has_requests() {
            asked = vec![Vec::new(); nodes.len()];
            for row in downloads.iter().filter(|row| row.outcome != DownloadEnd::CalledOff.name()) {
                asked[row.node as usize].push(micros(row.asked_s));
                steps[row.node as usize].extend(row.t100_s.map(micros));
            }
            steps.iter_mut().chain(&mut asked).for_each(|moments| moments.sort_unstable());
        } else {
            progress.iter().for_each(|row| steps[row.node as usize].push(micros(row.stored_s)));
        }
        let stored: Vec<f64> = series.iter().filter(|s| s.metric == "stored_share").map(|s| s.value).collect();
        Ok(Playback {
            step_count: step_count(run.file_size_bytes, &progress),
            data_lost: stored.windows(2).any(|pair| pair[1] < pair[0]),
            messages: traffic.iter().map(|row| row.messages).sum(),
            classes: Vec::new(),
            flights: Vec::new(),
            run,
            nodes,
            downloads,
            steps,
            asked,
        })
    }

    /// Adds a message; they come in the order in which they were sent.
    pub fn add(&mut self, row: &TraceRow) -> Result<(), Damage> {
        self.check_message(row)?;
        let class = self.class(&row.class);
        self.flights.push(PlayedFlight {
            sent: micros(row.sent_s),
            arrived: row.arrived_s.map(micros),
            from: row.from,
            to: row.to,
            class,
            bytes: row.bytes,
        });
        Ok(())
    }

    fn class(&mut self, name: &str) -> u8 {
        let known = self.classes.iter().position(|class| class == name);
        known.unwrap_or_else(|| {
            self.classes.push(name.into());
            self.classes.len() - 1
        }) as u8
    }

    /// From the first thing that happened, or the start of the earliest leecher,
    /// to the last, in microseconds.
    fn span(&self) -> (i64, i64) {
        let first = self.flights.first().map_or(0, |flight| flight.sent.min(0));
        let arrivals = self.flights.iter().map(|flight| flight.arrived.unwrap_or(flight.sent));
        let last = arrivals.chain(self.steps.iter().flatten().copied()).max().unwrap_or(0);
        (first, last.max(first + 1))
    }

    /// Messages that arrived and that the trace does not have.
    fn untraced(&self) -> u64 {
        self.messages.saturating_sub(self.flights.iter().filter(|flight| flight.arrived.is_some()).count() as u64)
    }

    /// From when on messages are missing; nothing when the trace has all.
    fn traced_until(&self) -> Option<i64> {
        self.flights.last().map(|flight| flight.sent).filter(|_| self.untraced() > 0)
    }

    /// Steps that a leecher is to make.
    fn steps_of(&self, node: u32) -> usize {
        self.asked.get(node as usize).map_or(self.step_count as usize, Vec::len)
    }

    fn leechers(&self) -> impl Iterator<Item = &NodeRow> {
        self.nodes.iter().filter(|node| node.role == Role::Leecher.name())
    }
}

/// In how many equal steps the downloads were noted: a step is the difference
/// between two that follow each other, or the first alone.
fn step_count(file_bytes: u64, progress: &[ProgressRow]) -> u32 {
    let first = progress.iter().map(|row| row.bytes).min().filter(|bytes| *bytes > 0);
    // The first is rounded down, by less than one in so many bytes.
    first.map_or(0, |bytes| (file_bytes as f64 / bytes as f64) as u32)
}

fn micros(seconds: f64) -> i64 {
    libm::round(seconds * 1e6) as i64
}

#[cfg(test)]
mod sample {
    use super::*;
    use crate::results::sample_result;

    /// A seeder (0) that sends 1000 bytes in four steps to each of two leechers.
    pub fn playback() -> Playback {
        let result = sample_result();
        let mut nodes = result.nodes;
        nodes.iter_mut().for_each(|node| node.run_id = "r".into());
        let network_size = nodes.len() as u32;
        let run = RunRow { file_size_bytes: 1000, run_id: "r".into(), network_size, seeders: 1, ..result.run };
        let step = |node, bytes, stored_s| ProgressRow { run_id: "r".into(), node, bytes, stored_s, stream_s: None };
        let progress: Vec<ProgressRow> =
            [(1, 250, 0.25), (1, 500, 5.0), (1, 750, 6.0), (1, 1000, 20.1), (2, 250, 10.75)]
                .map(|(node, bytes, at)| step(node, bytes, at))
                .into();
        let traffic = vec![TrafficRow { run_id: "r".into(), class: "payload".into(), messages: 5, bytes: 1291 }];
        let share = |value| SeriesRow { run_id: "r".into(), time_s: value, metric: "stored_share".into(), value };
        let series = [0.1, 0.2, 0.2, 0.5].map(share).into();
        let mut playback =
            Playback::new(RunTables { run, nodes, traffic, series, progress, downloads: vec![] }).unwrap();
        for (sent_s, arrived_s, to, class, bytes) in [
            (-1.0, Some(-0.5), 1, "want", 40),
            (0.0, Some(0.25), 1, "payload", 250),
            (1.0, Some(5.0), 1, "payload", 251),
            (1.5, Some(20.1), 1, "payload", 500),
            (10.0, Some(10.75), 2, "payload", 250),
            (10.0, None, 2, "want", 41),
        ] {
            let row = TraceRow {
                run_id: "r".into(),
                sent_s,
                arrived_s,
                from: 0,
                to,
                class: class.into(),
                bytes,
                ..TraceRow::default()
            };
            playback.add(&row).unwrap();
        }
        playback
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted_whatever_they_round_to() {
        let row = |bytes| ProgressRow { run_id: "r".into(), node: 1, bytes, stored_s: 0.0, stream_s: None };
        assert_eq!(step_count(1001, &[row(500), row(1001)]), 2);
        assert_eq!(step_count(1001, &[row(1001)]), 1);
        let seven: Vec<ProgressRow> = (1..=7).map(|step| row(100_000 * step / 7)).collect();
        assert_eq!(step_count(100_000, &seven), 7);
        assert_eq!(step_count(1001, &[]), 0, "nothing was stored");
    }

    #[test]
    fn the_span_holds_everything_and_the_start() {
        let playback = sample::playback();
        assert_eq!(playback.span(), (-1_000_000, 20_100_000));
        assert_eq!(playback.classes, ["want", "payload"]);
    }
}
