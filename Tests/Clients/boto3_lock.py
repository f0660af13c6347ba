"""Object lock by boto3: retention, legal holds, and what they refuse."""

import datetime

from support import S3Test


def after(**time):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**time)).replace(microsecond=0)


class LockTests(S3Test):
    bucket_options = {"ObjectLockEnabledForBucket": True}

    def retain(self, mode, until, **options):
        return self.s3.put_object_retention(
            Bucket=self.bucket, Key="k", Retention={"Mode": mode, "RetainUntilDate": until}, **options
        )

    def hold(self, status, key="k"):
        self.s3.put_object_legal_hold(Bucket=self.bucket, Key=key, LegalHold={"Status": status})

    def delete(self, version, **options):
        return self.s3.delete_object(Bucket=self.bucket, Key="k", VersionId=version, **options)

    def test_a_bucket_with_a_lock(self):
        answer = self.s3.get_object_lock_configuration(Bucket=self.bucket)["ObjectLockConfiguration"]
        self.assertEqual(answer, {"ObjectLockEnabled": "Enabled"})
        self.assertEqual(self.s3.get_bucket_versioning(Bucket=self.bucket)["Status"], "Enabled")
        with self.refused(409, "InvalidBucketState"):
            self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Suspended"})

    def test_a_bucket_without(self):
        bucket = self.make_bucket()
        with self.refused(404, "ObjectLockConfigurationNotFoundError"):
            self.s3.get_object_lock_configuration(Bucket=bucket)
        self.put("k", Bucket=bucket)
        with self.refused(400, "InvalidRequest"):
            self.s3.put_object_legal_hold(Bucket=bucket, Key="k", LegalHold={"Status": "ON"})
        with self.refused(400, "InvalidRequest"):
            self.put("k", Bucket=bucket, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=after(days=1))

    def test_the_default_of_the_bucket(self):
        rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 3}}
        configuration = {"ObjectLockEnabled": "Enabled", "Rule": rule}
        self.s3.put_object_lock_configuration(Bucket=self.bucket, ObjectLockConfiguration=configuration)
        found = self.s3.get_object_lock_configuration(Bucket=self.bucket)["ObjectLockConfiguration"]
        self.assertEqual(found, configuration)
        version = self.put("k")["VersionId"]
        head = self.head("k")
        self.assertEqual(head["ObjectLockMode"], "GOVERNANCE")
        days = head["ObjectLockRetainUntilDate"] - datetime.datetime.now(datetime.timezone.utc)
        self.assertLess(abs(days - datetime.timedelta(days=3)), datetime.timedelta(minutes=10))
        with self.refused(403, "AccessDenied"):
            self.delete(version)

    def test_defaults_that_are_refused(self):
        for default in [{"Mode": "GOVERNANCE", "Days": 0}, {"Mode": "GOVERNANCE", "Years": -1}]:
            with self.subTest(default), self.refused(400, "InvalidRetentionPeriod", "InvalidArgument"):
                self.s3.put_object_lock_configuration(Bucket=self.bucket, ObjectLockConfiguration={
                    "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": default}})
        for default in [
            {"Mode": "NONE", "Days": 1}, {"Mode": "GOVERNANCE"}, {"Mode": "GOVERNANCE", "Days": 1, "Years": 1}
        ]:
            with self.subTest(default), self.refused(400, "MalformedXML"):
                self.s3.put_object_lock_configuration(Bucket=self.bucket, ObjectLockConfiguration={
                    "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": default}})

    def test_governance(self):
        version = self.put("k")["VersionId"]
        until = after(days=2)
        with self.refused(404, "NoSuchObjectLockConfiguration"):
            self.s3.get_object_retention(Bucket=self.bucket, Key="k")
        self.retain("GOVERNANCE", until)
        found = self.s3.get_object_retention(Bucket=self.bucket, Key="k")["Retention"]
        self.assertEqual(found, {"Mode": "GOVERNANCE", "RetainUntilDate": until})
        with self.refused(403, "AccessDenied"):
            self.delete(version)
        with self.refused(403, "AccessDenied"):
            self.retain("GOVERNANCE", after(days=1))
        self.retain("GOVERNANCE", after(days=3))
        answer = self.s3.delete_objects(
            Bucket=self.bucket, Delete={"Objects": [{"Key": "k", "VersionId": version}]}
        )
        self.assertEqual([error["Code"] for error in answer["Errors"]], ["AccessDenied"])
        marker = self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.assertTrue(marker["DeleteMarker"])
        self.assertEqual(self.read("k", VersionId=version), b"body")
        self.delete(marker["VersionId"])
        self.retain("GOVERNANCE", after(days=1), BypassGovernanceRetention=True)
        self.delete(version, BypassGovernanceRetention=True)
        with self.refused(404, "NoSuchVersion"):
            self.read("k", VersionId=version)

    def test_compliance(self):
        version = self.put("k", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=after(hours=1))["VersionId"]
        self.assertEqual(self.head("k")["ObjectLockMode"], "COMPLIANCE")
        for options in [{}, {"BypassGovernanceRetention": True}]:
            with self.subTest(options):
                with self.refused(403, "AccessDenied"):
                    self.delete(version, **options)
                with self.refused(403, "AccessDenied"):
                    self.retain("COMPLIANCE", after(minutes=10), **options)
                with self.refused(403, "AccessDenied"):
                    self.retain("GOVERNANCE", after(hours=2), **options)
        self.retain("COMPLIANCE", after(hours=2))
        self.put("k", b"over it")
        self.assertEqual(self.read("k", VersionId=version), b"body")

    def test_legal_holds(self):
        version = self.put("k")["VersionId"]
        # AWS answers 404 here; that no hold is on is all that the server knows, and so it says.
        self.assertEqual(self.s3.get_object_legal_hold(Bucket=self.bucket, Key="k")["LegalHold"], {"Status": "OFF"})
        self.hold("ON")
        self.assertEqual(self.s3.get_object_legal_hold(Bucket=self.bucket, Key="k")["LegalHold"], {"Status": "ON"})
        self.assertEqual(self.head("k")["ObjectLockLegalHoldStatus"], "ON")
        for options in [{}, {"BypassGovernanceRetention": True}]:
            with self.refused(403, "AccessDenied"):
                self.delete(version, **options)
        self.hold("OFF")
        self.delete(version)
        held = self.put("k", ObjectLockLegalHoldStatus="ON")["VersionId"]
        with self.refused(403, "AccessDenied"):
            self.delete(held)
        self.hold("OFF")
        self.delete(held)

    def test_what_is_refused(self):
        self.put("k")
        with self.refused(400, "InvalidArgument"):
            self.retain("GOVERNANCE", after(days=-1))
        with self.refused(400, "MalformedXML"):
            self.retain("PERHAPS", after(days=1))
        with self.refused(400, "InvalidArgument"):
            self.put("new", ObjectLockMode="GOVERNANCE")
        with self.refused(400, "InvalidArgument"):
            self.put("new", ObjectLockRetainUntilDate=after(days=1))
        with self.refused(400, "InvalidArgument"):
            self.put("new", ObjectLockMode="PERHAPS", ObjectLockRetainUntilDate=after(days=1))
        with self.refused(400, "MalformedXML"):
            self.hold("PERHAPS")
        with self.refused(404, "NoSuchKey"):
            self.hold("ON", key="absent")
        self.assertEqual(self.keys(), ["k"])

    def test_a_copy_has_a_lock_of_its_own(self):
        self.put("k", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=after(days=1))
        source = {"Bucket": self.bucket, "Key": "k"}
        self.s3.copy_object(Bucket=self.bucket, Key="copy", CopySource=source)
        self.assertNotIn("ObjectLockMode", self.head("copy"))
        self.s3.copy_object(Bucket=self.bucket, Key="copy", CopySource=source, ObjectLockLegalHoldStatus="ON")
        self.assertEqual(self.head("copy")["ObjectLockLegalHoldStatus"], "ON")

    def test_an_upload_in_parts(self):
        place = {"Bucket": self.bucket, "Key": "k"}
        upload = self.s3.create_multipart_upload(
            ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=after(days=1), **place
        )["UploadId"]
        part = {"PartNumber": 1}
        part["ETag"] = self.s3.upload_part(UploadId=upload, PartNumber=1, Body=b"x", **place)["ETag"]
        answer = self.s3.complete_multipart_upload(UploadId=upload, MultipartUpload={"Parts": [part]}, **place)
        with self.refused(403, "AccessDenied"):
            self.delete(answer["VersionId"])
