"""restic, a backup tool: it reads back all that it wrote, and has a check of its own."""

import json
import os
import shutil

from support import MIB, settings
from support.commands import CommandTest, contents, run


class ResticTests(CommandTest):
    def setUp(self):
        super().setUp()
        user = settings["administrator"]
        self.environment = {
            "AWS_ACCESS_KEY_ID": user["accessKeyID"], "AWS_SECRET_ACCESS_KEY": user["secretAccessKey"],
            "AWS_DEFAULT_REGION": settings["region"],
            "RESTIC_PASSWORD_FILE": str(self.write_private("password", os.urandom(16).hex())),
            "RESTIC_REPOSITORY": f"s3:{settings['endpoint']}/{self.bucket}/backup",
            "RESTIC_CACHE_DIR": str(self.folder / "cache"),
        }

    def restic(self, *words, status=0):
        command = ["restic", "--cacert", settings["authority"], *words]
        return run(*command, environment=self.environment, status=status).decode()

    def test_backup_check_restore(self):
        tree = self.make_tree()
        for number in range(60):
            (tree / f"small-{number}").write_bytes(os.urandom(number * 1009))
        (tree / "very large").write_bytes(os.urandom(40 * MIB))
        first = contents(tree)
        self.restic("init")
        self.restic("backup", tree)
        self.restic("check", "--read-data")
        self.restored(tree, first)
        (tree / "one").unlink()
        (tree / "small-7").write_bytes(b"changed")
        second = contents(tree)
        self.restic("backup", tree)
        self.assertEqual(len(json.loads(self.restic("snapshots", "--json"))), 2)
        self.restored(tree, second)
        self.restic("forget", "--keep-last", "1", "--prune")
        self.restic("check", "--read-data")
        self.restored(tree, second)

    def restored(self, tree, wanted):
        target = self.folder / "restored"
        shutil.rmtree(target, ignore_errors=True)
        self.restic("restore", "latest", "--target", target)
        self.assertEqual(contents(target / tree.relative_to("/")), wanted)

    def test_what_is_missing_is_found(self):
        tree = self.make_tree()
        self.restic("init")
        self.restic("backup", tree)
        packs = self.s3.list_objects_v2(Bucket=self.bucket, Prefix="backup/data/")["Contents"]
        # The largest holds no directories, which restic would try to load for minutes.
        self.s3.delete_object(Bucket=self.bucket, Key=max(packs, key=lambda pack: pack["Size"])["Key"])
        self.restic("check", status=1)

    def test_no_repository(self):
        self.restic("snapshots", status=1)
