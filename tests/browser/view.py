"""Plays a run in headless Chromium and holds what is shown against the files.

    python tests/browser/view.py PROGRAM [SCREENSHOTS]

makes a small run with PROGRAM, opens view.html, and fails when it logs an error
or asks for anything beyond its own file, when the slider, the bookmarks, the
keys or the choices change nothing, or when a number differs from the files.
"""

import csv
import pathlib
import sys
import tempfile
import time

from check import Program, Wrong, browser, expect, requests
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

SCENARIO = """
name = "browser"
seed = 5
protocol = "bittorrent"
[swarm]
network_size = 8
seeders = 2
file_size = "4 MB"
start = { stagger = "500 ms" }
"""

REQUESTS = SCENARIO.replace("bittorrent", "codex-v2") + """
[requests]
rate = "2/s"
number = 20
"""


class Page:
    """The opened page, and the files that it was made from."""

    def __init__(self, driver, program):
        self.driver = driver
        self.trace = table(program, "trace.csv")
        self.nodes = table(program, "nodes.csv")
        self.span = driver.execute_script("return run.span.map(time => time / 1e6)")

    def find(self, id):
        return self.driver.find_element(By.ID, id)

    def picture(self, id):
        return self.driver.execute_script("return document.getElementById(arguments[0]).toDataURL()", id)

    def now(self):
        """The table of this moment: name to value."""
        rows = self.find("now").find_elements(By.TAG_NAME, "tr")
        return {row.find_element(By.TAG_NAME, "th").text: row.find_element(By.TAG_NAME, "td").text for row in rows}

    def clock(self):
        number, unit = self.find("clock").text.split()
        return float(number) * {"s": 1, "h": 3600}[unit]

    def slide(self, share):
        script = "const s = arguments[0]; s.value = arguments[1]; s.dispatchEvent(new Event('input'))"
        self.driver.execute_script(script, self.find("time"), round(1000 * share))

    def messages(self):
        """How many messages the page says it shows."""
        return int(self.find("drawn").text.split()[0])


def table(program, name, run="run"):
    with open(program.place / run / name, newline="") as file:
        return list(csv.DictReader(file))


def the_data_are_in(page):
    sent = page.driver.execute_script("return run.flights.bytes.reduce((a, b) => a + b, 0)")
    expect(sent == sum(int(row["bytes"]) for row in page.trace), f"{sent} bytes sent")
    arrived = page.driver.execute_script("return run.totals.reduce((a, b) => a + b, 0)")
    expect(arrived == sum(int(row["bytes"]) for row in page.trace if row["arrived_s"]), f"{arrived} bytes arrived")


def the_slider_moves_everything(page):
    seen = []
    for share in (0, 0.3, 0.6, 1):
        page.slide(share)
        wanted = page.span[0] + share * (page.span[1] - page.span[0])
        expect(abs(page.clock() - wanted) < 0.002, f"the clock says {page.clock()} s, not {wanted} s")
        done = sum(1 for node in page.nodes if node["t100_s"] and float(node["t100_s"]) <= wanted + 1e-6)
        shown = page.now()["leechers that have everything"]
        expect(shown == f"{done} of 6", f"{shown} complete at {wanted} s, not {done}")
        seen.append([page.picture(id) for id in ("overview", "links", "holdings", "flights")])
    for before, after in zip(seen, seen[1:]):
        expect(all(a != b for a, b in zip(before, after)), "a picture stays as it is when the time moves")


def bookmarks_jump(page):
    buttons = page.find("bookmarks").find_elements(By.TAG_NAME, "button")
    moments = {
        "first": min(float(node["ttfb_s"]) for node in page.nodes if node["ttfb_s"]),
        "last": max(float(node["t100_s"]) for node in page.nodes if node["t100_s"]),
    }
    expect(len(buttons) >= 3, f"{len(buttons)} bookmarks")
    for word, moment in moments.items():
        page.slide(0.5)
        [button] = [button for button in buttons if button.text.startswith(word)]
        button.click()
        expect(abs(page.clock() - moment) < 0.001, f"{button.text} goes to {page.clock()} s, not {moment} s")
    expect(page.now()["leechers that have everything"] == "6 of 6", "all are complete at the last one")
    page.find("links").click()  # away from the button
    page.driver.execute_script("document.activeElement.blur()")
    page.driver.find_element(By.TAG_NAME, "body").send_keys("1")
    expect(abs(page.clock() - moments["first"]) < 0.001, "the key 1 goes to the first bookmark")


def keys_move_the_slider(page):
    page.slide(0.5)
    before = page.clock()
    page.find("time").send_keys(Keys.ARROW_RIGHT)
    expect(page.clock() > before, "an arrow key on the slider moves the time")


def it_plays_and_pauses(page):
    page.slide(0.2)
    before = page.clock()
    page.find("play").click()
    time.sleep(0.5)
    page.find("play").click()
    stopped = page.clock()
    expect(stopped > before, "playing moves the time")
    time.sleep(0.2)
    expect(page.clock() == stopped, "a pause stops it")


def a_node_shows_its_messages(page):
    Select(page.find("window")).select_by_visible_text("the whole run")
    for node in ("0", "5"):
        Select(page.find("node")).select_by_value(node)
        mine = [row for row in page.trace if node in (row["from"], row["to"])]
        expect(page.messages() == len(mine), f"node {node}: {page.messages()} messages, not {len(mine)}")
    requests_of_it = sum(row["class"] == "request" for row in mine)
    [label] = [label for label in page.find("classes").find_elements(By.TAG_NAME, "label") if label.text == "request"]
    label.find_element(By.TAG_NAME, "input").click()
    expect(requests_of_it > 0 and page.messages() == len(mine) - requests_of_it, "a class can be taken away")


def the_layout_changes(page):
    circle = page.picture("links")
    Select(page.find("layout")).select_by_value("matrix")
    expect(page.picture("links") != circle, "circle and matrix look alike")


RULES = [
    the_data_are_in,
    the_slider_moves_everything,
    bookmarks_jump,
    keys_move_the_slider,
    it_plays_and_pauses,
    a_node_shows_its_messages,
    the_layout_changes,
]


def requests_are_shown(driver, program):
    """Of another run, in which nodes ask for the file one after another."""
    driver.get((program.place / "asked/view.html").resolve().as_uri())
    page = Page(driver, program)
    downloads = table(program, "downloads.csv", "asked")
    for share in (0, 0.3, 1):
        page.slide(share)
        upto = lambda column: sum(1 for row in downloads if row[column] and float(row[column]) <= page.clock() + 1e-3)
        expected = f"{upto('t100_s')} of {upto('asked_s')} asked for by now"
        expect(page.now()["downloads complete"] == expected, f"{page.now()} at {page.clock()} s, not {expected}")
    rows = page.find("downloads").find_elements(By.TAG_NAME, "tr")
    expect(len(rows) == 2, f"{len(rows)} rows of downloads for one class")


def check(driver, program, screenshots):
    address = (program.place / "run/view.html").resolve().as_uri()
    driver.set_window_size(1400, 1500)
    driver.get("about:blank")
    driver.get_log("performance"), driver.get_log("browser")  # of the page that a browser begins with
    driver.get(address)
    page = Page(driver, program)
    for rule in RULES:
        rule(page)
        if screenshots:
            (screenshots / f"view-{rule.__name__}.png").write_bytes(driver.get_screenshot_as_png())
    logged = [entry["message"] for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    expect(not logged, f"the console says {logged}")
    foreign = [url for url in requests(driver) if url != address and not url.startswith("data:")]
    expect(not foreign, f"it fetches {foreign[:5]}")


def main():
    screenshots = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    if screenshots:
        screenshots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryDirectory() as profile:
        program = Program(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(directory))
        (program.place / "s.toml").write_text(SCENARIO)
        program.run("run", "s.toml", "--quiet", "--trace", "--out", "run")
        program.run("view", "run", "--quiet")
        (program.place / "asked.toml").write_text(REQUESTS)
        program.run("run", "asked.toml", "--quiet", "--trace", "--out", "asked")
        program.run("view", "asked", "--quiet")
        driver = browser(profile)
        try:
            check(driver, program, screenshots)
            requests_are_shown(driver, program)
            print(f"view.html: {len(RULES) + 1} rules, good")
        except Wrong as wrong:
            sys.exit(f"view.html: {wrong}")
        finally:
            driver.quit()


if __name__ == "__main__":
    main()
