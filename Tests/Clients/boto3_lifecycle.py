"""Rules for the lives of objects, by boto3. The server that is tested runs them every second."""

import datetime
import time

from support import S3Test

PAST = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
WAIT_SECONDS = 30


class LifecycleTests(S3Test):
    RULES = [
        {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "log/"}, "Expiration": {"Days": 30}},
        {"ID": "tagged", "Status": "Disabled", "Filter": {"Tag": {"Key": "a", "Value": "b"}},
         "NoncurrentVersionExpiration": {"NoncurrentDays": 7, "NewerNoncurrentVersions": 2}},
        {"ID": "uploads", "Status": "Enabled", "Filter": {"Prefix": ""},
         "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3}},
        {"ID": "several", "Status": "Enabled", "Expiration": {"Date": PAST + datetime.timedelta(days=40_000)},
         "Filter": {"And": {"Prefix": "p", "Tags": [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": ""}],
                            "ObjectSizeGreaterThan": 1, "ObjectSizeLessThan": 1 << 40}}},
        {"ID": "markers", "Status": "Enabled", "Filter": {}, "Expiration": {"ExpiredObjectDeleteMarker": True}},
    ]

    def set_rules(self, rules, **options):
        return self.s3.put_bucket_lifecycle_configuration(
            Bucket=self.bucket, LifecycleConfiguration={"Rules": rules}, **options
        )

    def rules(self):
        return self.s3.get_bucket_lifecycle_configuration(Bucket=self.bucket)["Rules"]

    def wait_until(self, is_so):
        deadline = time.monotonic() + WAIT_SECONDS
        while not is_so():
            self.assertLess(time.monotonic(), deadline, "the rules were not run")
            time.sleep(0.2)

    def test_rules(self):
        with self.refused(404, "NoSuchLifecycleConfiguration"):
            self.rules()
        self.set_rules(self.RULES)
        self.assertEqual(self.rules(), self.RULES)
        self.s3.delete_bucket_lifecycle(Bucket=self.bucket)
        with self.refused(404, "NoSuchLifecycleConfiguration"):
            self.rules()

    def test_rules_of_the_older_form(self):
        rule = {"ID": "a", "Status": "Enabled", "Prefix": "log/", "Expiration": {"Days": 3}}
        self.s3.put_bucket_lifecycle(Bucket=self.bucket, LifecycleConfiguration={"Rules": [rule]})
        self.assertEqual(self.s3.get_bucket_lifecycle(Bucket=self.bucket)["Rules"], [rule])

    def test_rules_that_are_refused(self):
        good = self.RULES[0]
        for rules, codes in [
            ([{**good, "Expiration": {"Days": 0}}], ["InvalidArgument"]), ([good, good], ["InvalidArgument"]),
            ([{**good, "ID": "x" * 256}], ["InvalidArgument"]), ([{**good, "Status": "Maybe"}], ["MalformedXML"]),
            ([{key: value for key, value in good.items() if key != "Expiration"}], ["InvalidRequest"]),
            ([{**good, "Expiration": {"Date": PAST + datetime.timedelta(hours=1)}}], ["InvalidArgument"]),
            ([good, {**good, "ID": "b", "Filter": {"Tag": {"Key": "a", "Value": "b"}},
                     "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}], ["InvalidRequest"]),
        ]:
            with self.subTest(rules), self.refused(400, *codes):
                self.set_rules(rules)
        with self.refused(404, "NoSuchLifecycleConfiguration"):
            self.rules()

    def test_transitions_are_refused(self):
        good = self.RULES[0]
        for action in [
            {"Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]},
            {"NoncurrentVersionTransitions": [{"NoncurrentDays": 30, "StorageClass": "GLACIER"}]},
        ]:
            with self.subTest(action), self.refused(501, "NotImplemented"):
                self.set_rules([{**good, **action}])
        with self.refused(501, "NotImplemented"):
            self.set_rules([good], TransitionDefaultMinimumObjectSize="varies_by_storage_class")
        answer = self.set_rules([good], TransitionDefaultMinimumObjectSize="all_storage_classes_128K")
        self.assertEqual(answer["TransitionDefaultMinimumObjectSize"], "all_storage_classes_128K")

    def test_expiration_of_answers(self):
        self.set_rules([self.RULES[0], self.RULES[2]])
        answers = [self.put("log/a"), self.head("log/a"), self.s3.get_object(Bucket=self.bucket, Key="log/a")]
        for answer in answers:
            self.assertRegex(answer["Expiration"], r'^expiry-date="\w{3}, .* \d{4} 00:00:00 GMT", rule-id="old"$')
        self.assertNotIn("Expiration", self.put("other"))
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="u")
        self.assertEqual(upload["AbortRuleId"], "uploads")
        self.assertGreater(upload["AbortDate"], datetime.datetime.now(datetime.timezone.utc))

    def test_objects_expire(self):
        self.put("log/a")
        self.put("kept")
        self.set_rules([{**self.RULES[0], "Expiration": {"Date": PAST}}])
        self.wait_until(lambda: self.keys() == ["kept"])
        # And what comes later, too.
        self.put("log/b")
        self.wait_until(lambda: self.keys() == ["kept"])

    def test_objects_with_versions_are_hidden(self):
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        version = self.put("log/a", b"still there")["VersionId"]
        self.set_rules([{**self.RULES[0], "Expiration": {"Date": PAST}}])
        self.wait_until(lambda: self.keys() == [])
        self.assertEqual(self.read("log/a", VersionId=version), b"still there")
        markers = self.s3.list_object_versions(Bucket=self.bucket)["DeleteMarkers"]
        self.assertEqual([(marker["Key"], marker["IsLatest"]) for marker in markers], [("log/a", True)])
        # A marker that hides nothing goes, when it has come to its rule.
        self.s3.delete_object(Bucket=self.bucket, Key="log/a", VersionId=version)
        self.wait_until(lambda: "DeleteMarkers" not in self.s3.list_object_versions(Bucket=self.bucket))
