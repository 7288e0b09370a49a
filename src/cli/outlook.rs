//! What a study would carry out, in words: the same for `plan` and `sweep --dry-run`.

use crate::report;
use crate::study::Outlook;
use serde::Serialize;
use std::path::Path;

/// Values of an axis that are written out.
const MOST_VALUES: usize = 8;
/// Tasks that an array of Slurm can have where nobody has changed `MaxArraySize`, which is 1001:
/// the largest number of a task is one below it.
const SLURM_TASKS: usize = 1001;
/// Tasks into which a longer plan is cut for Slurm.
const SLURM_PARTS: usize = 1000;
/// Memory that a task asks Slurm for, as a multiple of what is forecast, and the least of it in
/// MiB: forecasts are right within a factor of two.
const SLURM_MEMORY: f64 = 2.0;
const SLURM_LEAST_MIB: f64 = 64.0;

/// Where and how an outlook becomes runs.
#[derive(Debug)]
pub struct Means<'a> {
    /// Folder of the results.
    pub dir: &'a Path,
    /// The words of the `sweep` that carries out the plan.
    pub sweep: String,
    /// What is said of repetitions that are added as they are needed; with these, parts of the
    /// plan are nothing by themselves.
    pub foretold: String,
}

/// The commands that carry out a plan.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Commands {
    /// On this machine.
    here: String,
    /// With HyperQueue.
    hyperqueue: Option<String>,
    /// As an array of Slurm.
    slurm: Option<String>,
    /// With GNU parallel.
    gnu_parallel: Option<String>,
    /// What puts the result files together afterwards, and carries out what is missing.
    then: String,
}

impl Commands {
    /// For all of `outlook`.
    pub fn of(outlook: &Outlook, means: &Means) -> Commands {
        let Means { sweep, .. } = means;
        let array = |command: String| (means.foretold.is_empty() && outlook.runs > 1).then_some(command);
        let last = outlook.runs.max(1) - 1;
        let log = super::args::for_shell(&means.dir.join("slurm-%A.log").to_string_lossy());
        let memory = (SLURM_MEMORY * outlook.largest_run_bytes / 1_048_576.0).ceil().max(SLURM_LEAST_MIB);
        let (numbers, task) = if outlook.runs <= SLURM_TASKS {
            (format!("0-{last}"), format!("{sweep} --index env"))
        } else {
            (format!("1-{SLURM_PARTS}"), format!("{sweep} --shard $SLURM_ARRAY_TASK_ID/{SLURM_PARTS} -j 1"))
        };
        let task = task.replace('\'', "'\\''");
        Commands {
            here: sweep.clone(),
            hyperqueue: array(format!("hq submit --array 0-{last} --cpus 1 --wait -- {sweep} --index env")),
            slurm: array(format!(
                "mkdir -p {dir} && sbatch --wait --array={numbers} --cpus-per-task=1 --mem={memory}M --open-mode=append \
                 --output={log} --wrap='{task}'",
                dir = super::args::for_shell(&means.dir.to_string_lossy()),
            )),
            gnu_parallel: array(format!(
                "seq 0 {last} | parallel {quote}{sweep} --index {{}}",
                // What parallel joins goes through a shell once more.
                quote = if sweep.contains('\'') { "-q " } else { "" },
            )),
            then: sweep.clone(),
        }
    }

    fn words(&self) -> String {
        let mut text = format!("to carry it out here:\n  {}\n", self.here);
        let engines = [("HyperQueue", &self.hyperqueue), ("Slurm", &self.slurm), ("GNU parallel", &self.gnu_parallel)];
        let engines: Vec<_> = engines.iter().filter_map(|(name, command)| Some((name, command.as_ref()?))).collect();
        if engines.is_empty() {
            return text;
        }
        text += "or as many tasks, on machines that share this folder:\n";
        engines.iter().for_each(|(name, command)| text += &format!("  # {name}\n  {command}\n"));
        text + &format!("and then, for what is missing and the result files:\n  {}\n", self.then)
    }
}

/// `outlook` for people.
pub fn words(outlook: &Outlook, means: &Means) -> String {
    let Outlook { points, runs, selected, finished, missing, .. } = outlook;
    let mut text = format!("{points} points, {runs} runs");
    if selected < runs {
        text += &format!(", {selected} of them selected");
    }
    text += &format!(", {finished} finished in {}\n", means.dir.display());
    text += &outlook.design.as_ref().map_or(String::new(), |design| format!("{design}\n"));
    text += &means.foretold;
    for axis in &outlook.axes {
        let mut values = axis.first_values.iter().take(MOST_VALUES).cloned().collect::<Vec<_>>().join(", ");
        if axis.steps > MOST_VALUES {
            values += &format!(", .. ({} in all)", axis.steps);
        }
        text += &format!("{}: {values}\n", axis.keys.join(" and "));
    }
    outlook.first_points.iter().for_each(|point| text += &format!("  {}: {} runs\n", point.values, point.runs));
    if *points > outlook.first_points.len() {
        text += &format!("  and {} more points\n", points - outlook.first_points.len());
    }
    if *missing == 0 {
        return text + "nothing is missing\n";
    }
    text += &format!(
        "what is missing: roughly {} events, {} at {} runs at a time, up to {} of memory\n",
        report::count(outlook.events),
        report::seconds(outlook.seconds),
        outlook.runs_at_a_time,
        report::bytes(outlook.memory_bytes),
    );
    if *missing > 1 {
        text += &format!(
            "one run: up to {} and {}\n",
            report::seconds(outlook.longest_run_seconds),
            report::bytes(outlook.largest_run_bytes)
        );
    }
    text += &outlook.refusal.as_ref().map_or(String::new(), |why| format!("not on this machine: {why}\n"));
    text + &Commands::of(outlook, means).words()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(runs: usize, sweep: &str, foretold: &str) -> Commands {
        let outlook = Outlook { runs, largest_run_bytes: 1e9, ..Outlook::default() };
        Commands::of(&outlook, &Means { dir: Path::new("results/a"), sweep: sweep.into(), foretold: foretold.into() })
    }

    #[test]
    fn every_run_is_a_task_and_slurm_gets_parts_of_long_plans() {
        let sweep = "codexsim sweep s.toml --set 'network.up=1 Mbit/s'";
        let few = commands(1001, sweep, "");
        assert_eq!(few.hyperqueue.unwrap(), format!("hq submit --array 0-1000 --cpus 1 --wait -- {sweep} --index env"));
        let slurm = few.slurm.unwrap();
        assert!(slurm.contains("--array=0-1000 ") && slurm.contains("--mem=1908M"), "{slurm}");
        assert!(
            slurm.ends_with("--wrap='codexsim sweep s.toml --set '\\''network.up=1 Mbit/s'\\'' --index env'"),
            "{slurm}"
        );
        let many = commands(1002, "codexsim sweep s.toml", "").slurm.unwrap();
        assert!(many.contains("--array=1-1000 "), "{many}");
        assert!(many.ends_with("--wrap='codexsim sweep s.toml --shard $SLURM_ARRAY_TASK_ID/1000 -j 1'"), "{many}");
        let parallel = commands(3, "codexsim sweep s.toml", "").gnu_parallel.unwrap();
        assert_eq!(parallel, "seq 0 2 | parallel codexsim sweep s.toml --index {}");
        let quoted = commands(3, sweep, "").gnu_parallel.unwrap();
        assert!(quoted.contains("parallel -q codexsim sweep s.toml --set 'network.up"), "{quoted}");
    }

    #[test]
    fn what_is_no_plan_of_tasks_has_no_commands_for_engines() {
        let precise = commands(8, "codexsim sweep s.toml --precision 2%", "repetitions are added");
        assert!(precise.hyperqueue.is_none() && precise.slurm.is_none() && precise.gnu_parallel.is_none());
        assert!(commands(1, "codexsim sweep s.toml", "").hyperqueue.is_none(), "one run");
    }
}
