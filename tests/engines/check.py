#!/usr/bin/env python3
"""Has a study carried out by HyperQueue, Slurm and GNU parallel, each real, with the commands
that `codexsim plan` prints; kills what works half way; has it finished by the same command; and
compares all result files, byte by byte, with those of `codexsim sweep` alone.

    check.py CODEXSIM        needs hyperqueue (requirements.txt), slurmctld, slurmd, munged and
                             parallel, and root for slurmd; leaves no process behind
"""

import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

# Long enough to be met at work, all of them together short enough for two cores.
STUDY = """
name = "engines"
protocol = "codex-v2"
[swarm]
network_size = 48
seeders = 2
file_size = "40 MB"
[network]
up = "20 Mbit/s"
down = "20 Mbit/s"
[sweep]
"network.latency" = ["0 ms", "10 ms", "20 ms", "30 ms"]
repetitions = 4
"""
RUNS = 16
# Every process that is started here, and by these, carries this variable, by whose value it is
# known and can be ended.
MARK = "CODEXSIM_ENGINES"
# Nothing here takes as long, in seconds.
PATIENCE = 90

TASKS_OF_HYPERQUEUE = """
import sys
from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig
count, words = int(sys.argv[1]), sys.argv[2:]
with LocalCluster() as cluster:
    [cluster.start_worker(WorkerConfig(cores=1)) for _ in range(2)]
    job = Job(max_fails=None)
    [job.program(words, stdout="tasks.log", stderr="tasks.log") for _ in range(count)]
    client = cluster.client()
    client.wait_for_jobs([client.submit(job)])
"""

SLURM = """
ClusterName=engines
SlurmctldHost=localhost
SlurmUser=root
SlurmdUser=root
SlurmctldPort=16817
AuthType=auth/munge
AuthInfo=socket={place}/munge.socket
CryptoType=crypto/munge
StateSaveLocation={place}/state
SlurmdSpoolDir={place}/spool-%n
SlurmctldPidFile={place}/slurmctld.pid
SlurmdPidFile={place}/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmdTimeout=10
MpiDefault=none
SlurmdParameters=config_overrides
NodeName=first NodeHostname=localhost NodeAddr=127.0.0.1 Port=16821 CPUs=1 RealMemory=500
NodeName=second NodeHostname=localhost NodeAddr=127.0.0.1 Port=16822 CPUs=1 RealMemory=500
PartitionName=all Nodes=first,second Default=YES MaxTime=INFINITE State=UP
"""


def marked():
    """The processes of this check but itself: number, and words of the command."""
    mark, found = f"{MARK}={os.environ[MARK]}".encode(), []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")[:-1]
            if words and mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append((int(entry.name), [word.decode(errors="replace") for word in words]))
        except OSError:
            pass  # It ended meanwhile.
    return found


def of(program):
    """The marked processes that are `program`."""
    return [pid for pid, words in marked() if pathlib.Path(words[0]).name.rstrip(":") == program]


def kill(pids):
    """Ends `pids` at once, and says how many there were to end."""
    done = 0
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
            done += 1
        except ProcessLookupError:
            pass
    return done


def until(what, holds):
    """Waits until `holds()`, which is then returned."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.02)
    raise SystemExit(f"waited for {PATIENCE} s in vain until {what}")


def rows(out):
    return {path.name: path.stat().st_mtime_ns for path in out.glob("rows/*.csv")}


def results(out):
    manifest = json.loads((out / "manifest.json").read_text())
    names = ["manifest.json", *(file["name"] for file in manifest["files"])]
    return {name: (out / name).read_bytes() for name in names}


class Engine:
    """What carries tasks out; `command` is that of `codexsim plan`."""

    key = ""

    def start(self):
        """Before anything is submitted."""

    def submit(self, command):
        with open("tasks.log", "ab") as log:
            return subprocess.Popen(["sh", "-c", command], stdout=log, stderr=log, start_new_session=True)

    def kill_at_work(self):
        """Kills a worker with what it works at; returns how many simulations that were."""
        raise NotImplementedError

    def give_up(self, job):
        """What is left of a job whose worker is gone."""
        job.kill()

    def stop(self):
        """After everything."""


class HyperQueue(Engine):
    key = "hyperqueue"

    def submit(self, command):
        # The package has no command `hq`: the same array is submitted through its interface.
        words = shlex.split(command)
        first, last = words[words.index("--array") + 1].split("-")
        assert first == "0"
        script = [sys.executable, "-c", TASKS_OF_HYPERQUEUE, str(int(last) + 1), *words[words.index("--") + 1:]]
        return subprocess.Popen(script, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def kill_at_work(self):
        # Workers are threads of the one process that also serves.
        workers = [pid for pid, words in marked() if TASKS_OF_HYPERQUEUE in words]
        # A task that was just begun has the same words until it is what it will be.
        assert kill(workers) > 0
        return kill(of("codexsim"))


class Parallel(Engine):
    key = "gnu_parallel"

    def kill_at_work(self):
        workers = [pid for pid, words in marked() if any(word.endswith("/parallel") for word in words[:2])]
        assert kill(workers) > 0
        return kill(of("codexsim"))


class Slurm(Engine):
    key = "slurm"

    def __init__(self, place):
        self.place = place

    def start(self):
        place = self.place
        os.environ["SLURM_CONF"] = str(place / "slurm.conf")
        (place / "slurm.conf").write_text(SLURM.format(place=place))
        # Nothing is asked of control groups, but a slurmd before 23 wants a plugin for them.
        version = subprocess.run(["slurmd", "-V"], check=True, capture_output=True, text=True).stdout
        plugin = "cgroup/v1" if int(version.split()[1].split(".")[0]) < 23 else "disabled"
        (place / "cgroup.conf").write_text(f"CgroupPlugin={plugin}\n")
        key = place / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        for folder in ["state", "spool-first", "spool-second"]:
            (place / folder).mkdir()
        files = {"socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
        munge = [f"--{option}={place}/munge.{name}" for option, name in files.items()]
        subprocess.run(["munged", "--force", f"--key-file={key}", *munge], check=True, stderr=subprocess.DEVNULL)
        until("munged answers", (place / "munge.socket").exists)
        subprocess.run(["slurmctld", "-i", "-L", place / "slurmctld.log"], check=True)
        self.node("first")
        self.node("second")

    def node(self, name):
        subprocess.run(["slurmd", "-N", name, "-L", self.place / f"slurmd-{name}.log"], check=True)
        until(f"node {name} is there", lambda: self.state(name) in ("idle", "mixed", "allocated"))

    def state(self, name):
        command = ["sinfo", "--noheader", "--nodes", name, "--format", "%T"]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()

    def kill_at_work(self):
        def at_work():
            # `squeue` knows the node, and that its step has a simulation.
            steps = subprocess.run(["squeue", "--noheader", "--format", "%N %A"], capture_output=True, text=True).stdout
            job = [line.split()[1] for line in steps.splitlines() if line.startswith("first ")]
            return job and [pid for pid in of("codexsim") if variable(pid, "SLURMD_NODENAME") == "first"]
        simulations = until("the first node works", at_work)
        daemons = [pid for pid, words in marked() if words[0].endswith("slurmd") and "first" in words]
        assert kill(daemons) == 1, daemons
        kill(pid for pid in of("slurmstepd") if pid in parents(simulations))
        return kill(simulations)

    def give_up(self, job):
        subprocess.run(["scancel", "--user", "root"], check=True)
        until("the queue is empty", lambda: not subprocess.run(["squeue", "--noheader"], capture_output=True).stdout)
        job.wait(PATIENCE)
        self.node("first")

    def stop(self):
        subprocess.run(["scontrol", "shutdown"], check=False)
        until("Slurm has ended", lambda: not (of("slurmctld") + of("slurmd") + of("slurmstepd")))
        kill(of("munged"))


def variable(pid, name):
    try:
        words = pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return None
    return next((word.split("=", 1)[1] for word in words if word.startswith(f"{name}=")), None)


def parents(pids):
    """All processes above `pids`."""
    found = set()
    for pid in pids:
        while pid > 1:
            try:
                pid = int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                break
            found.add(pid)
    return found


def check(engine, place, reference):
    began = time.monotonic()
    out = place / f"out-{engine.key}"
    plan = ["codexsim", "plan", "study.toml", "--reproducible", "--json", "--out", out.name]
    commands = json.loads(subprocess.run(plan, check=True, capture_output=True).stdout)["commands"]
    command = commands[engine.key]
    engine.start()
    try:
        job = engine.submit(command)
        until(f"{engine.key} has finished runs and works", lambda: len(rows(out)) >= 2 and of("codexsim"))
        killed = engine.kill_at_work()
        assert killed > 0, f"{engine.key}: nothing was at work when it was killed"
        engine.give_up(job)
        until("nothing works any more", lambda: not of("codexsim"))
        job.wait(PATIENCE)
        before = rows(out)
        assert 2 <= len(before) < RUNS, f"{engine.key}: killed too late, {len(before)} runs were finished"
        assert not (out / "runs.csv").exists(), "result files of an incomplete plan"
        code = engine.submit(command).wait(PATIENCE)
        assert code == 0, f"{engine.key}: `{command}` ended with {code}"
        after = rows(out)
        assert len(after) == RUNS, f"{engine.key}: {len(after)} rows"
        assert before.items() <= after.items(), f"{engine.key}: finished runs were carried out again"
        written = results(out)
        assert written == reference, f"{engine.key}: other results than here: {differing(written, reference)}"
        # What is printed for afterwards finds all done and changes nothing.
        subprocess.run(["sh", "-c", commands["then"]], check=True, capture_output=True)
        assert results(out) == reference and rows(out) == after
    finally:
        engine.stop()
    seconds = time.monotonic() - began
    print(f"{engine.key}: {len(before)} of {RUNS} runs before {killed} simulations were killed, the rest "
          f"afterwards, {len(reference)} files the same to the byte, {seconds:.0f} s")


def differing(one, other):
    return [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    place = pathlib.Path(tempfile.mkdtemp(prefix="codexsim-engines-"))
    os.environ[MARK] = str(place)
    os.environ["PATH"] = f"{binary.parent}:{os.environ['PATH']}:/usr/sbin"
    os.chdir(place)
    (place / "study.toml").write_text(STUDY)
    try:
        here = ["codexsim", "sweep", "study.toml", "--reproducible", "--out", "here", "--quiet"]
        subprocess.run(here, check=True, stdout=subprocess.DEVNULL)
        reference = results(place / "here")
        for engine in [HyperQueue(), Slurm(place), Parallel()]:
            check(engine, place, reference)
        left = marked()
        assert not left, f"processes are left: {left}"
    finally:
        kill(pid for pid, _ in marked())
        os.chdir("/")
        if sys.exc_info()[0] is None:
            shutil.rmtree(place)
        else:
            print(f"what there is lies in {place}", file=sys.stderr)


if __name__ == "__main__":
    main()
