"""Runs the tests of one group against one endpoint, and prints a line of JSON for each.

    run.py SETTINGS GROUP [TEST…]

SETTINGS is the file that .ci/clients writes, GROUP a module beside this folder; without TESTs, all of them run.
"""

import importlib
import json
import pathlib
import sys
import time
import traceback
import unittest
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import support  # noqa: E402


class Lines(unittest.TestResult):
    """Says how each test ended. One that is on the list of what is not there yet must fail, and by a 501."""

    def __init__(self, group, not_yet):
        super().__init__()
        self.group = group
        self.not_yet = not_yet

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()
        self.said = False

    def say(self, test, outcome, detail=""):
        # What a tidying up has to say comes after what the test itself has said.
        if self.said and outcome != "failed":
            return
        self.said = True
        name = getattr(test, "_testMethodName", str(test)).removeprefix("test_")
        seconds = round(time.monotonic() - getattr(self, "started", time.monotonic()), 2)
        print(json.dumps({"test": name, "outcome": outcome, "seconds": seconds, "detail": detail}), flush=True)

    def is_not_yet(self, test):
        name = getattr(test, "_testMethodName", "").removeprefix("test_")
        return self.group in self.not_yet or f"{self.group}.{name}" in self.not_yet

    def addSuccess(self, test):
        super().addSuccess(test)
        if self.is_not_yet(test):
            self.say(test, "failed", "it passes: take it off the list NOT_YET")
        else:
            self.say(test, "passed")

    def addError(self, test, error, case=""):
        super().addError(test, error)
        detail = case + "".join(traceback.format_exception(*error, limit=-4))
        if self.is_not_yet(test):
            if support.is_not_implemented(error[1]):
                return self.say(test, "not yet", str(error[1]))
            detail = "on the list NOT_YET, but it fails by something else than a 501\n" + detail
        self.say(test, "failed", detail)

    addFailure = addError

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.addError(test, error, f"in {subtest._subDescription()[:200]}:\n")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say(test, "skipped", reason)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        support.settings.update(json.load(file))
    group, wanted = sys.argv[2], sys.argv[3:]
    warnings.simplefilter("ignore", ResourceWarning)
    support.resolve_locally()
    module = importlib.import_module(group.replace("-", "_"))
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    tests = [test for case in suite for test in case]
    if wanted:
        tests = [test for test in tests if test._testMethodName.removeprefix("test_") in wanted]
    if not tests:
        sys.exit(f"no such test in {group}: {' '.join(wanted)}")
    names = [test._testMethodName for test in tests]
    if len(set(names)) < len(names):
        sys.exit(f"{group} has two tests of one name, which nobody could tell apart")
    # The lines say how it went; the status only whether all of them are there.
    unittest.TestSuite(tests).run(Lines(group, set(support.settings.get("notYet", []))))


main()
