"""Clients that are commands: how they are run, and trees of files to give to them."""

import os
import subprocess

from support import MIB, CommandFailed, S3Test


def run(*command, environment=None, status=0, folder=None, given=None):
    """The command's standard output. It must end with this status; None for any but 0."""
    done = subprocess.run(
        [str(word) for word in command], env={**os.environ, **(environment or {})}, cwd=folder, input=given,
        stdin=subprocess.DEVNULL if given is None else None, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        timeout=300,
    )
    if done.returncode != status if status is not None else done.returncode == 0:
        raise CommandFailed(command, done)
    return done.stdout + (done.stderr if status != 0 else b"")


def contents(folder):
    """Every file under the folder, by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class CommandTest(S3Test):
    def make_tree(self, name="tree"):
        tree = self.folder / name
        for path, size in [
            ("empty", 0), ("one", 1), ("folder/a b.txt", 1000), ("folder/deeper/ünï 日本.bin", 65_537),
            ("folder/a+b%41&c", 4096), ("large", 12 * MIB + 5), ("folder/deeper/#hash;x", 100_000),
        ]:
            file = tree / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(os.urandom(size))
            # Older than any object: clients compare times.
            os.utime(file, (1_600_000_000, 1_600_000_000))
        return tree

    def write_private(self, name, text):
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        return path
