"""Branch coverage by sys.monitoring on Python 3.12 and 3.13, as coverage.py has it on 3.14: a plugin of coverage.py.

Its other way traces every line of every library, and so doubles the time of the tests. Read in coverage 7.17.3:
SysMonitor takes from the events BRANCH_LEFT and BRANCH_RIGHT which ways a branch has gone. Older Pythons have one event
for both, BRANCH, which may end only when both are known, and none for `async for`.
"""

import dis
import sys
from types import CodeType
from typing import Any

from coverage import bytecode, core, env
from coverage.sysmon import SysMonitor

HAS_BOTH_EVENTS = env.PYBEHAVIOR.branch_right_left
END_ASYNC_FOR = dis.opmap["END_ASYNC_FOR"]


class BranchMonitor(SysMonitor):
    def __init__(self) -> None:
        super().__init__()
        self.gone: dict[tuple[int, int], int] = {}  # where to, by the branch
        self.last_lines: dict[int, int] = {}  # by the frame of a function with `async for`
        self.has_async_for: dict[int, bool] = {}

    def stop(self) -> None:
        """For good: before Python 3.14, what is watched of a function outlives its watcher."""
        if self.sysmon_on:
            for code in self.code_objects:
                sys.monitoring.set_local_events(self.myid, code, 0)
        super().stop()

    def sysmon_branch_either(self, code: CodeType, branch: int, destination: int) -> Any:
        before = self.gone.get((id(code), branch))
        if before == destination:
            return None
        self.gone[id(code), branch] = destination
        known = super().sysmon_branch_either(code, branch, destination)
        return None if before is None else known

    def sysmon_line_arcs(self, code: CodeType, line: int) -> Any:
        has_async_for = self.has_async_for.get(id(code))
        if has_async_for is None:
            has_async_for = self.has_async_for[id(code)] = END_ASYNC_FOR in code.co_code[::2]
        known = super().sysmon_line_arcs(code, line)
        if not has_async_for:
            return known
        frame = id(sys._getframe(1))
        if last_line := self.last_lines.get(frame):
            self.code_infos[id(code)].file_data.add((last_line, line))  # type: ignore[union-attr, arg-type]
        self.last_lines[frame] = line
        return None


def coverage_init(registry: object, options: object) -> None:
    """Before coverage chooses how to measure."""
    if not HAS_BOTH_EVENTS:
        events = sys.monitoring.events
        events.BRANCH_LEFT = events.BRANCH_RIGHT = events.BRANCH  # type: ignore[attr-defined]
        env.PYBEHAVIOR.branch_right_left = True
        bytecode.RETURNS.add(dis.opmap["RETURN_CONST"])
        core.SysMonitor = BranchMonitor  # type: ignore[attr-defined]
