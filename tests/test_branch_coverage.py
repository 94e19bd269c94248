"""The quick way to measure branches knows as much as the slow one, which traces every line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from coverage import Coverage

from tests.server.running import PROJECT

pytestmark = pytest.mark.once

SAMPLE = """
async def numbers(count):
    for number in range(count):
        yield number

def is_never_false(found):
    if found:
        found += 1
    return found

def is_both(found):
    if found:
        return 1
    return 2

def is_never_empty(found):
    for one in found:
        return one
    return None

def never_breaks(found):
    for one in found:
        if one == 3:
            break
    else:
        while found:
            found.pop()
    return found

def matches(found):
    match found:
        case 1:
            return "one"
        case [first, *_] if first > 1:
            return "list"
    return "other"

def raises(error):
    try:
        raise error
    except ValueError:
        return 1
    except KeyError:
        return 2
    finally:
        error = None

async def is_empty_first(count):
    total = 0
    async for number in numbers(count):
        total += number
    return total

async def is_never_exhausted(count):
    async for number in numbers(count):
        if number:
            return number
    return None

async def is_always_empty():
    async for number in numbers(0):
        print(number)

def ends_with_a_branch(found):
    if found:
        found.pop()

def never_ends_with_a_loop(found):
    for one in found:
        raise ValueError

def returns_at_once(found):
    if found: return 1
    return 2

def begins_again():
    current = coverage.Coverage.current(); current.stop(); current.start()

async def main():
    is_never_false(1), is_both(0), is_both(1), is_never_empty([1]), never_breaks([1]), never_breaks([])
    matches(1), matches([2]), matches([0]), raises(ValueError())
    returns_at_once(1), ends_with_a_branch([1]), ends_with_a_branch([])
    try:
        never_ends_with_a_loop([1])
    except ValueError:
        pass
    for count in range(3):
        await is_empty_first(count)
    await is_never_exhausted(4)
    await is_always_empty()
    begins_again(), is_both(0)

import asyncio, coverage; asyncio.run(main())
"""
NEVER_RUN = [19, 24, 43, 44, 58, 62, 74]
NEVER_TAKEN = [[7, 9], [17, 19], [23, 24], [55, 58], [61, 62], [69, -68], [73, 74]]


@pytest.mark.parametrize("core", ["ctrace", "sysmon"])
def test_it_knows_which_branches_are_never_taken(core: str, tmp_path: Path) -> None:
    sample, data, report = tmp_path / "sample.py", tmp_path / "data", tmp_path / "report.json"
    sample.write_text(SAMPLE)
    settings = tmp_path / "settings.ini"
    settings.write_text(f"[run]\nbranch = true\ncore = {core}\nplugins = tests.branch_coverage")
    options: list[str | Path] = ["--rcfile", settings, "--include", sample, sample]
    command = [sys.executable, "-m", "coverage", "run", *options]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": str(PROJECT), "COVERAGE_FILE": str(data)}, check=True)
    coverage = Coverage(data_file=data, config_file=False, branch=True)
    coverage.load()
    coverage.json_report(outfile=str(report))
    [found] = json.loads(report.read_text())["files"].values()
    assert found["missing_lines"] == NEVER_RUN
    assert found["missing_branches"] == NEVER_TAKEN
