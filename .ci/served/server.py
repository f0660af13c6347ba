"""Starts and kills `strongroom serve`, for scripts that need nothing but Python's standard library."""
import json
import pathlib
import re
import shutil
import signal
import subprocess
import time

START_SECONDS = 60


class Server:
    def __init__(self, program, folder):
        self.program, self.folder = str(pathlib.Path(program).resolve()), pathlib.Path(folder)
        self.store = self.folder / "store"
        self.keyring = self.folder / "store.keyring"
        self.process = None

    def run(self, *words):
        done = subprocess.run(
            [self.program, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise SystemExit(f"strongroom {' '.join(map(str, words))} failed: {done.stdout}")
        return done.stdout

    def make(self):
        """A store with an administrator; the access key and its secret."""
        self.run("init", self.store)
        user = json.loads(self.run("user", "create", "ada", "--administrator", "--store", self.store, "--json"))
        return user["accessKeyId"], user["secretAccessKey"]

    def copied(self, folder):
        """The same with a copy of the store and of its keys. This one must not run."""
        other = Server(self.program, folder)
        # The socket of a server that was killed is nothing that could be copied.
        shutil.copytree(self.store, other.store, ignore=shutil.ignore_patterns("control.sock"))
        shutil.copytree(self.keyring, other.keyring)
        return other

    def start(self, *options):
        """The port; and how long it took until the server listened, in seconds."""
        began = time.monotonic()
        command = [self.program, "serve", "--store", self.store, "--http", "127.0.0.1:0", *options]
        command += ["--log-level", "error"]
        with open(self.folder / "serve.log", "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        for line in self.process.stdout:
            found = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", line)
            if found:
                return int(found.group(1)), time.monotonic() - began
            if time.monotonic() - began > START_SECONDS:
                break
        raise SystemExit(f"the server did not start: {(self.folder / 'serve.log').read_text()[-2000:]}")

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE).group(1)) << 10

    def kill(self):
        self.end(signal.SIGKILL)

    def stop(self):
        status = self.end(signal.SIGTERM)
        if status != 0:
            raise SystemExit(f"the server ended with {status} after SIGTERM")

    def end(self, number):
        if self.process is None:
            return 0
        process, self.process = self.process, None
        process.send_signal(number)
        process.stdout.close()
        return process.wait(60)
