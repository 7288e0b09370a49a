//! From the outcome of a storage run to rows.

use super::{
    Capacity, DatasetRow, HostRow, Labels, RepairRow, RunRow, SeriesRow, StorageRow, TrafficRow, quantile, quantile_of,
};
use crate::storage::{
    Class, DatasetOutcome, FILL_HELD_BACK, FillOutcome, Found, FoundBy, HELD_BACK, HostOutcome, LifeFamily, LifeSpec,
    RepairBy, RepairOutcome, Sample, Start, StorageOutcome, StorageSpec,
};
use crate::units::Time;

/// Seconds of a year of 365 days.
const YEAR_S: f64 = 365.0 * 86_400.0;

/// How old hosts are whose age says nothing of how long they live on.
const MEMORYLESS: &str = "memoryless";

impl StorageRow {
    /// The row of a run that has not been carried out: its inputs only.
    pub fn planned(labels: Labels, spec: &StorageSpec) -> Self {
        let slots = spec.units() as f64 * f64::from(spec.code.total);
        StorageRow {
            run_id: labels.run_id.into(),
            scenario: labels.scenario.into(),
            system: labels.protocol.into(),
            seed: spec.seed,
            repetition: labels.repetition,
            hosts: spec.hosts.count,
            host_ages: ages(spec.hosts.by_class().iter().map(|class| class.life)).into(),
            datasets: spec.data.count,
            dataset_bytes: spec.data.size.get(),
            units_per_dataset: spec.units_per_dataset(),
            k: spec.code.data,
            n: spec.code.total,
            threshold: spec.threshold(),
            horizon_s: spec.horizon.secs(),
            kept_s: spec.data.duration.filter(|_| spec.fill.is_none()).map(|_| spec.kept().secs()),
            histories: spec.histories,
            overhead: spec.overhead(),
            disk_use: slots * spec.slot_size().get() as f64 / spec.hosts.space(),
            ..StorageRow::default()
        }
    }

    /// The same run, which failed for `reason`.
    pub fn failed(self, reason: &str) -> Self {
        let status = RunRow::default().failed(reason).status;
        StorageRow { status, ..self }
    }

    /// How long a dataset is kept in the horizon, in years of 365 days.
    pub fn years(&self) -> f64 {
        self.kept() / YEAR_S
    }

    /// The same in seconds.
    fn kept(&self) -> f64 {
        self.kept_s.unwrap_or(self.horizon_s)
    }

    /// The number in `column`; nothing when it is empty, not a number or not a column.
    pub fn number(&self, column: &str) -> Option<f64> {
        match serde_json::to_value(self).ok()?.get(column)? {
            serde_json::Value::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    pub(super) fn ended(self, spec: &StorageSpec, outcome: &StorageOutcome) -> Self {
        let totals = &outcome.totals;
        let histories = outcome.histories.len() as f64;
        let seen = histories > 0.0;
        let mean = |sum: f64| seen.then(|| sum / histories);
        let each = |count: u64| mean(count as f64);
        let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        let lost: Vec<f64> = outcome.histories.iter().map(|history| f64::from(history.lost)).collect();
        let lost_interval = outcome.lost_interval;
        let repair = (totals.repair_fetched + totals.repair_sent) as f64;
        let row = StorageRow { kept_s: outcome.kept_s.or(self.kept_s), ..self };
        let years = row.years();
        let stored = row.dataset_bytes as f64 * f64::from(outcome.datasets_there);
        // Who repairs for others is no host.
        let apart = matches!(spec.repair.by, RepairBy::Worker | RepairBy::Owner);
        let received = if apart { totals.repair_sent as f64 } else { repair };
        let received = received / f64::from(row.hosts) / row.horizon_s * 8.0;
        let times = &totals.times_to_repair;
        let time_to_repair = |share| quantile_of(times.count(), share, |rank| times.ranked_s(rank));
        let per_s = |sum: f64| mean(sum).map(|sum| sum / row.horizon_s);
        let transactions = per_s(totals.transactions);
        let fill = outcome.fill.as_ref();
        let number = |found: Option<Found>| found.map(|found| found.estimate.probability);
        let low = |found: Option<Found>| found.map(|found| found.estimate.interval.0);
        let high = |found: Option<Found>| found.map(|found| found.estimate.interval.1);
        let (unit, dataset, any) = (outcome.unit_loss, outcome.dataset_loss, outcome.any_loss);
        StorageRow {
            status: if outcome.complete { "complete" } else { "interrupted" }.into(),
            unit_loss: number(unit),
            unit_loss_low: low(unit),
            unit_loss_high: high(unit),
            unit_loss_by: unit.map(|found| found.by.name().into()),
            unit_loss_exact: outcome.exact.as_ref().map(|exact| exact.unit_loss),
            exact_model: outcome.exact.as_ref().map(|exact| exact.model.into()),
            dataset_loss: number(dataset),
            dataset_loss_low: low(dataset),
            dataset_loss_high: high(dataset),
            any_loss: number(any),
            any_loss_low: low(any),
            any_loss_high: high(any),
            any_loss_by: any.map(|found| found.by.name().into()),
            nines: number(dataset).and_then(|loss| nines(loss, years)),
            mttdl_s: outcome
                .exact
                .as_ref()
                .and_then(|exact| exact.mttdl_s)
                .or_else(|| even_mttdl(spec, &row, number(unit))),
            datasets_lost: mean(lost.iter().sum()),
            datasets_lost_low: lost_interval.map(|interval| interval.0),
            datasets_lost_high: lost_interval.map(|interval| interval.1),
            deaths: each(totals.deaths),
            absences: each(totals.absences),
            shocks: each(totals.shocks),
            slots_lost: each(totals.slots_lost),
            repairs: each(totals.repairs),
            rebuilt: each(totals.rebuilt),
            unneeded: each(totals.unneeded),
            given_up: each(totals.given_up),
            repair_bytes: mean(repair),
            repair_per_stored_byte_year: mean(repair / stored / years).filter(|_| stored > 0.0),
            repair_per_host_bps: mean(received),
            unneeded_bytes: each(totals.unneeded_bytes),
            given_up_bytes: each(totals.given_up_bytes),
            raced_bytes: each(totals.raced_bytes),
            time_to_repair_median_s: time_to_repair(0.5),
            time_to_repair_p95_s: time_to_repair(0.95),
            time_to_repair_mean_s: share(times.sum_s(), times.count() as f64),
            repair_wait_mean_s: share(totals.waited_s, totals.rebuilt as f64),
            unreadable_share: share(totals.unreadable_unit_s, totals.unit_s),
            missing_slot_share: share(totals.missing_slot_s, totals.unit_s * f64::from(row.n)),
            proofs_per_second: per_s(totals.proofs),
            transactions_per_second: transactions,
            chain_use: spec.chain.and_then(|chain| Some(transactions? / chain.transactions_per_s)),
            filled: fill.map(|fill| fill.filled),
            fill_s: fill.filter(|fill| fill.filled > 0).map(|fill| fill.ended.secs()),
            fill_bound_s: fill.filter(|fill| fill.filled == spec.data.count).map(|fill| fill.bound.secs()),
            fill_dataset_median_s: fill.and_then(|fill| quantile(&fill.times_s, 0.5)),
            fill_wasted_share: fill.and_then(|fill| share(fill.wasted_bytes as f64, received_to_fill(fill))),
            disk_use: row.disk_use * f64::from(outcome.datasets_there) / f64::from(row.datasets),
            fill_binds: fill.map(|fill| longest(FILL_HELD_BACK, fill.held_back_s)),
            binds: seen.then(|| longest(HELD_BACK, totals.held_back_s)),
            events: Some(outcome.events),
            sim_time_s: Some(row.horizon_s),
            fingerprint: Some(format!("{:016x}", outcome.fingerprint)),
            ..row
        }
    }
}

/// What held back the longest, by its name.
fn longest<const N: usize>(names: [&str; N], held_back_s: [f64; N]) -> String {
    let slowest = names.into_iter().zip(held_back_s).max_by(|a, b| a.1.total_cmp(&b.1));
    slowest.filter(|(_, seconds)| *seconds > 0.0).map_or("nothing", |(name, _)| name).into()
}

fn received_to_fill(fill: &FillOutcome) -> f64 {
    (fill.client_bytes + fill.host_bytes) as f64
}

/// Nines of what is lost with this probability in so many years; nothing where it never is.
pub fn nines(loss: f64, years: f64) -> Option<f64> {
    if loss >= 1.0 {
        return Some(0.0);
    }
    let yearly = -libm::expm1(libm::log1p(-loss) / years);
    (loss > 0.0).then(|| (-libm::log10(yearly)).max(0.0))
}

/// Mean time to a loss if losses came at an even rate and so many came within the horizon; nothing where
/// they do not, for hosts begin with lives that remember how old they are.
fn even_mttdl(spec: &StorageSpec, row: &StorageRow, loss: Option<f64>) -> Option<f64> {
    let ages =
        |life: &LifeSpec| life.start == Start::Fresh && matches!(life.family, LifeFamily::Weibull | LifeFamily::Trace);
    if spec.hosts.by_class().iter().any(|class| ages(class.life)) {
        return None;
    }
    let loss = loss.filter(|loss| *loss < 1.0)?;
    Some(if loss > 0.0 { -row.kept() / libm::log1p(-loss) } else { f64::INFINITY })
}

impl FoundBy {
    /// As it stands in results.
    pub const fn name(self) -> &'static str {
        match self {
            FoundBy::Counting => "counting",
            FoundBy::Splitting => "splitting",
            FoundBy::Bounds => "bounds",
        }
    }
}

/// What a storage run has of the columns that all runs have.
impl From<&StorageRow> for RunRow {
    fn from(row: &StorageRow) -> RunRow {
        RunRow {
            run_id: row.run_id.clone(),
            scenario: row.scenario.clone(),
            protocol: row.system.clone(),
            seed: row.seed,
            repetition: row.repetition,
            network_size: row.hosts,
            file_size_bytes: row.dataset_bytes,
            status: row.status.clone(),
            events: row.events,
            sim_time_s: row.sim_time_s,
            wall_s: row.wall_s,
            peak_rss_bytes: row.peak_rss_bytes,
            fingerprint: row.fingerprint.clone(),
            ..RunRow::default()
        }
    }
}

impl StorageRow {
    /// The same with what `run` says of the columns that all runs have and that are not
    /// decided by the run itself.
    pub(crate) fn labelled(self, run: &RunRow) -> StorageRow {
        StorageRow {
            scenario: run.scenario.clone(),
            system: run.protocol.clone(),
            repetition: run.repetition,
            status: run.status.clone(),
            wall_s: run.wall_s,
            peak_rss_bytes: run.peak_rss_bytes,
            ..self
        }
    }
}

/// What is said of how old hosts with these laws of lives are at the start.
fn ages<'a>(lives: impl Iterator<Item = &'a LifeSpec>) -> &'static str {
    let age = |life: &LifeSpec| match life.start {
        _ if life.family != LifeFamily::Trace && life.shape == 1.0 => MEMORYLESS,
        Start::Fresh => "fresh",
        Start::Stationary => "stationary",
    };
    let mut ages: Vec<&str> = lives.map(age).filter(|age| *age != MEMORYLESS).collect();
    ages.dedup();
    match ages.as_slice() {
        [] => MEMORYLESS,
        [one] => one,
        _ => "mixed",
    }
}

pub(super) fn host_rows(id: &str, spec: &StorageSpec, outcome: &StorageOutcome) -> Vec<HostRow> {
    let slot = spec.slot_size().get();
    let filled = |host: u32| outcome.fill.as_ref().and_then(|fill| fill.slots.get(host as usize).copied());
    let classes = spec.hosts.by_class();
    let by_host = classes.iter().flat_map(|class| class.hosts.clone().map(move |_| class));
    let row = |((host, of), class): ((u32, &HostOutcome), &Class)| HostRow {
        run_id: id.into(),
        host,
        class: Some(class.name).filter(|name| !name.is_empty()).map(Into::into),
        region: spec.region(host),
        operator: spec.operator(host),
        up_bps: Capacity(class.up.bits_per_second()),
        down_bps: Capacity(class.down.bits_per_second()),
        deaths: of.deaths,
        slots: of.slots,
        most_slots: of.most_slots,
        most_bytes: u64::from(of.most_slots) * slot,
        up_s: of.up_s,
        bytes_rx: of.received,
        bytes_tx: of.sent,
        filled_slots: filled(host),
    };
    (0..).zip(&outcome.hosts).zip(by_host).map(row).collect()
}

pub(super) fn dataset_rows(id: &str, _: &StorageSpec, outcome: &StorageOutcome) -> Vec<DatasetRow> {
    let row = |(dataset, of): (u32, &DatasetOutcome)| DatasetRow {
        run_id: id.into(),
        dataset,
        lost_s: of.lost.map(Time::secs),
        ended_s: of.ended.map(Time::secs),
        rebuilt: of.rebuilt,
        fewest_slots: of.fewest,
        unreadable_s: of.unreadable_s,
        repair_bytes: of.repair_bytes,
    };
    (0..).zip(&outcome.datasets).map(row).collect()
}

/// Rebuilds that have a row each.
const MOST_REPAIR_ROWS: usize = 100_000;

pub(super) fn repair_rows(id: &str, spec: &StorageSpec, outcome: &StorageOutcome) -> Vec<RepairRow> {
    let units = spec.units_per_dataset();
    let row = |of: &RepairOutcome| RepairRow {
        run_id: id.into(),
        dataset: (of.unit / units) as u32,
        unit: of.unit % units,
        slot: of.slot,
        lost_s: of.lost.secs(),
        noticed_s: of.noticed.secs(),
        due_s: of.due.secs(),
        began_s: of.began.secs(),
        ended_s: of.ended.secs(),
        host: of.host,
        bytes: of.bytes,
        outcome: match (of.rebuilt, of.unneeded) {
            (_, true) => "unneeded",
            (true, _) => "rebuilt",
            _ => "given_up",
        }
        .into(),
    };
    outcome.repairs.iter().take(MOST_REPAIR_ROWS).map(row).collect()
}

/// The time series of the first history.
pub(super) fn kept_series_rows(id: &str, _: &StorageSpec, outcome: &StorageOutcome) -> Vec<SeriesRow> {
    let row = |time: Time, metric: &str, value: f64| SeriesRow {
        run_id: id.into(),
        time_s: time.secs(),
        metric: metric.into(),
        value,
    };
    let mut before = Time::ZERO;
    let mut rows = Vec::new();
    for sample in &outcome.series {
        let Sample { time, missing, away, lost, rebuilding, waiting, repair_bytes, hosts_up } = *sample;
        let span = time.since(before).secs();
        let rate = if span > 0.0 { repair_bytes as f64 * 8.0 / span } else { 0.0 };
        before = time;
        let values = [
            ("missing_slots", missing as f64),
            ("away_slots", away as f64),
            ("lost_units", lost as f64),
            ("rebuilding_slots", rebuilding as f64),
            ("waiting_slots", waiting as f64),
            ("repair_bps", rate),
            ("hosts_up", f64::from(hosts_up)),
        ];
        rows.extend(values.map(|(metric, value)| row(time, metric, value)));
    }
    let filled = outcome.fill.iter().flat_map(|fill| &fill.curve);
    rows.extend(filled.map(|(time, datasets)| row(*time, "filled_datasets", f64::from(*datasets))));
    rows
}

/// Bytes by what they were for, of all histories.
pub(super) fn kept_traffic_rows(id: &str, _: &StorageSpec, outcome: &StorageOutcome) -> Vec<TrafficRow> {
    let totals = &outcome.totals;
    let repair = totals.repair_fetched + totals.repair_sent;
    let in_vain = totals.unneeded_bytes + totals.given_up_bytes + totals.raced_bytes;
    let row =
        |class: &str, messages: u64, bytes: u64| TrafficRow { run_id: id.into(), class: class.into(), messages, bytes };
    let mut rows = vec![
        row("repair", totals.rebuilt.saturating_sub(totals.unneeded), repair.saturating_sub(in_vain)),
        row("repair_unneeded", totals.unneeded, totals.unneeded_bytes),
        row("repair_given_up", totals.given_up, totals.given_up_bytes),
        row("repair_raced", totals.rivals, totals.raced_bytes),
    ];
    if let Some(fill) = &outcome.fill {
        let useful = (fill.client_bytes + fill.host_bytes).saturating_sub(fill.wasted_bytes);
        rows.push(row("fill", fill.slots.iter().map(|slots| u64::from(*slots)).sum(), useful));
        rows.push(row("fill_wasted", 0, fill.wasted_bytes));
    }
    rows
}
