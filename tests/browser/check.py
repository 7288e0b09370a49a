"""Opens every HTML page that codexsim writes in headless Chromium.

    python tests/browser/check.py PROGRAM [SCREENSHOTS]

makes a small sweep with PROGRAM, then each page, and fails when one logs an
error, asks for anything beyond its own file, lacks a figure, or draws other
than the data beside the figure. With a directory SCREENSHOTS each page is kept
there as PNG and, as it would be printed, as PDF.
"""

import base64
import csv
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from selenium import webdriver
from selenium.webdriver.support.wait import WebDriverWait

SCENARIO = """
name = "browser"
seed = 5
[swarm]
file_size = "2 MiB"
[network]
up = "10 Mbit/s"
down = "10 Mbit/s"
latency = "20 ms"
[sweep]
protocol = ["bittorrent", "codex-v2", "direct"]
constrained__networkSize_seeders = [[4, 1], [8, [1, 2]], [16, 1]]
repetitions = 3
"""

STORAGE = """
kind = "storage"
name = "kept"
horizon = "1 y"
seed = 5
[hosts]
count = 20
[hosts.life]
mean = "60 d"
[data]
count = 20
size = "1 GB"
[code]
data = 4
total = 6
[rare]
starts = 50
repetitions = 5
[sweep]
"code.total" = [5, 6, 8]
"repair.time.mean" = ["2 d", "8 d"]
"""

# What is drawn in each figure inside the axes, so without legends. A figure has one
# drawing, or several where what it shows differs by decades.
FIGURES = """
return [...document.querySelectorAll("figure")].map(figure => {
  const all = kind => [...figure.querySelectorAll(`path.${kind}`)];
  const parts = (path, letters) => path.getAttribute("d").match(letters).length;
  const details = figure.nextElementSibling;
  const boxes = [...figure.querySelectorAll("svg")].map(svg => svg.getBoundingClientRect());
  const title = figure.previousElementSibling;
  return {
    title: title ? title.textContent : "",
    drawings: boxes.length,
    width: Math.min(...boxes.map(box => box.width)), height: Math.min(...boxes.map(box => box.height)),
    texts: [...figure.querySelectorAll("text")].map(text => text.textContent),
    corners: all("line").map(path => parts(path, /[ML]/g)),
    marks: all("mark").length,
    bars: all("bar").reduce((sum, path) => sum + parts(path, /M/g), 0),
    data: details && details.matches("details.data") ? details.querySelector("pre").textContent : null,
    command: details && details.matches("details.data") ? details.querySelector("code").textContent : null,
  };
});
"""


class Wrong(Exception):
    """A page is not as it should be."""


def expect(holds, words):
    if not holds:
        raise Wrong(words)


class Program:
    """codexsim in a directory of its own."""

    def __init__(self, path, place):
        self.path, self.place = path, place

    def has(self, command):
        return subprocess.run([self.path, command, "--help"], capture_output=True).returncode == 0

    def run(self, *arguments):
        done = subprocess.run([self.path, *arguments], cwd=self.place, capture_output=True, text=True)
        expect(done.returncode in (0, 4), f"{' '.join(arguments)}: exit {done.returncode}: {done.stderr}")

    def table(self, name):
        with open(self.place / name, newline="") as file:
            return list(csv.DictReader(file))


def drawn_is_data(figure):
    """Each figure of a survey against the rows beside it."""
    title, data = figure["title"], figure["data"]
    expect(data and figure["command"], f"{title}: no data or no command")
    rows = list(csv.reader(io.StringIO(data)))[1:]
    expect(rows, f"{title}: its data are empty")
    if title == "Completion":
        curves = {}
        for row in rows:
            curves[row[0]] = curves.get(row[0], 0) + 1
        # A staircase has two corners for each step after the first.
        expect(sorted(figure["corners"]) == sorted(2 * n - 1 for n in curves.values()), f"{title}: {figure['corners']}")
    elif " against " in title and not title.startswith("Efficiency"):
        # What did not reach its median is in the data and not drawn.
        reached = sum(row[3] != "" for row in rows)
        expect(sum(figure["corners"]) == reached == figure["marks"], f"{title}: {figure['corners']}, {figure['marks']}")
    elif title.startswith("Efficiency"):
        expect(figure["marks"] == len(rows), f"{title}: {figure['marks']} marks, {len(rows)} rows")
    else:
        expect(figure["bars"] == len(rows), f"{title}: {figure['bars']} bars, {len(rows)} rows")


def check_report(figures, program):
    titles = [figure["title"] for figure in figures]
    wanted = ["Completion", "Download time against network size", "Speed against network size", "Bytes by class"]
    wanted += ["Bytes beside the payload", "Efficiency against the bound", "What held the median"]
    for want in wanted:
        expect(any(title.startswith(want) for title in titles), f"no figure {want} among {titles}")
    maps = [title for title in titles if title.startswith("What held each leecher back")]
    expect(len(maps) == 3, f"a map of each variant: {maps}")
    for figure in figures:
        drawn_is_data(figure)


def check_comparison(figures, program):
    rows = program.table("sweep/comparison.csv")
    expect(len(figures) == 2, f"{len(figures)} figures")
    ratios, times = figures
    expect(ratios["marks"] == sum(row["ratio"] != "" for row in rows), f"ratios: {ratios['marks']} marks")
    expect(times["marks"] == sum(row["median_s"] != "" for row in rows), f"times: {times['marks']} marks")
    for variant in {row["variant"] for row in rows}:
        expect(variant in times["texts"], f"no {variant} in the legend")


def check_validation(figures, program):
    rows = [row for row in program.table("validation/validation.csv") if row["predicted_n"] != "0"]
    expect(sum(figure["marks"] for figure in figures) > len(rows), "every cell is drawn as a mark at least")
    texts = {text for figure in figures for text in figure["texts"]}
    for testbed in {row["testbed"] for row in rows}:
        expect(any(text.startswith(testbed) for text in texts), f"{testbed} is in no figure")


def check_storage(figures, program):
    rows = program.table("kept/runs.csv")
    by_title = {figure["title"]: figure for figure in figures}
    for title in ("Nines against overhead", "Nines against repair traffic"):
        expect(title in by_title, f"no figure {title} among {list(by_title)}")
        expect(by_title[title]["marks"] == len(rows), f"{title}: {by_title[title]['marks']} marks, {len(rows)} points")
    for title in ("Nines over code.total", "Missing slots over time", "Repair traffic over time", "Slots on hosts"):
        expect(any(known.startswith(title) for known in by_title), f"no figure {title} among {list(by_title)}")
    for figure in figures:
        expect(figure["data"], f"{figure['title']}: no data")


def check_any(figures, program):
    expect(figures, "no figure")


IMPACT = ["impact", "--base", "codex-v2", "--change", "codex-v2", "--change-set", "protocol.codex-v2.window=64"]
IMPACT += ["--budget", "5s", "--max-pairs", "2", "--out", "impact"]
LIMIT = ["limit", "--vary", "swarm.network_size=5..200", "--goal", "t100_p95_s <= 2 * bound_s", "--out", "limit"]

# A page: the command it needs, how it is made, where it is, what has to be in it.
PAGES = [
    ("report", ["report", "sweep"], "sweep/report.html", check_report),
    ("report", ["report", "sweep", "--baseline", "direct"], "sweep/comparison.html", check_comparison),
    ("validate", ["validate", "--quiet", "--seeds", "2", "--out", "validation"], "validation/validation.html", check_validation),
    ("impact", IMPACT, "impact/impact.html", check_any),
    ("report", ["report", "kept"], "kept/report.html", check_storage),
    ("limit", LIMIT, "limit/limit.html", check_any),
]


def browser(profile):
    options = webdriver.ChromeOptions()
    flags = ["headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"]
    flags += ["disable-component-update", "disable-sync", "hide-scrollbars", f"user-data-dir={profile}"]
    for flag in flags:
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # Both are the system's own, so that nothing looks for others in the network.
    options.binary_location = shutil.which("chromium")
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))


def requests(driver):
    """Addresses that the page asked for."""
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            yield message["params"]["request"]["url"]


def check(driver, program, file, rule, screenshots):
    address = (program.place / file).resolve().as_uri()
    driver.get("about:blank")
    driver.get_log("performance"), driver.get_log("browser")
    driver.get(address)
    # A large page is at hand before all of it has been read.
    WebDriverWait(driver, 60).until(lambda d: d.execute_script("return document.readyState") == "complete")
    figures = driver.execute_script(FIGURES)
    written = (program.place / file).read_text().count("<svg ")
    drawings = sum(figure["drawings"] for figure in figures)
    expect(drawings == written, f"{drawings} of {written} drawings are shown")
    for width in (1300, 800):
        driver.set_window_size(width, 1000)
        over = driver.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
        expect(over <= 0, f"at {width} px it is {over} px wider than the page")
    logged = [entry["message"] for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    expect(not logged, f"the console says {logged}")
    foreign = [url for url in requests(driver) if url != address and not url.startswith("data:")]
    expect(not foreign, f"it fetches {foreign}")
    for figure in figures:
        expect(figure["width"] > 200 and figure["height"] > 60, f"{figure['title']} is {figure['width']} px wide")
        expect(not any("NaN" in text or "inf" in text for text in figure["texts"]), f"{figure['title']}: not a number")
    rule(figures, program)
    if screenshots:
        keep(driver, screenshots / file.replace("/", "-"))
    return len(figures)


def keep(driver, place):
    """The whole page as a picture, and as it is printed."""
    height = driver.execute_script("return document.documentElement.scrollHeight")
    driver.set_window_size(1400, min(height + 50, 16000))
    place.with_suffix(".png").write_bytes(driver.get_screenshot_as_png())
    printed = driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": False, "paperWidth": 8.27, "paperHeight": 11.69})
    place.with_suffix(".pdf").write_bytes(base64.b64decode(printed["data"]))


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    screenshots = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    if screenshots:
        screenshots.mkdir(parents=True, exist_ok=True)
    failed = False
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryDirectory() as profile:
        program = Program(program, pathlib.Path(directory))
        (program.place / "s.toml").write_text(SCENARIO)
        (program.place / "kept.toml").write_text(STORAGE)
        program.run("sweep", "s.toml", "--quiet", "--out", "sweep")
        program.run("sweep", "kept.toml", "--quiet", "--out", "kept")
        driver = browser(profile)
        try:
            for command, arguments, file, rule in PAGES:
                if not program.has(command):
                    print(f"{file}: this program has no `{command}`")
                    continue
                try:
                    program.run(*arguments)
                    print(f"{file}: {check(driver, program, file, rule, screenshots)} figures, good")
                except Wrong as wrong:
                    failed = True
                    print(f"{file}: {wrong}")
        finally:
            driver.quit()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
