"""Rules for the lives of objects, by boto3."""

from support import S3Test


class LifecycleTests(S3Test):
    RULES = [
        {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "log/"}, "Expiration": {"Days": 30}},
        {"ID": "tagged", "Status": "Disabled", "Filter": {"Tag": {"Key": "a", "Value": "b"}},
         "NoncurrentVersionExpiration": {"NoncurrentDays": 7, "NewerNoncurrentVersions": 2}},
        {"ID": "uploads", "Status": "Enabled", "Filter": {"Prefix": ""},
         "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3}},
    ]

    def set_rules(self, rules):
        self.s3.put_bucket_lifecycle_configuration(Bucket=self.bucket, LifecycleConfiguration={"Rules": rules})

    def rules(self):
        return self.s3.get_bucket_lifecycle_configuration(Bucket=self.bucket)["Rules"]

    def test_rules(self):
        with self.refused(404, "NoSuchLifecycleConfiguration"):
            self.rules()
        self.set_rules(self.RULES)
        self.assertEqual(self.rules(), self.RULES)
        self.s3.delete_bucket_lifecycle(Bucket=self.bucket)
        with self.refused(404, "NoSuchLifecycleConfiguration"):
            self.rules()

    def test_rules_that_are_refused(self):
        good = self.RULES[0]
        for rules, codes in [
            ([{**good, "Expiration": {"Days": 0}}], ["InvalidArgument"]), ([good, good], ["InvalidArgument"]),
            ([{**good, "ID": "x" * 256}], ["InvalidArgument"]), ([{**good, "Status": "Maybe"}], ["MalformedXML"]),
            ([{key: value for key, value in good.items() if key != "Expiration"}], ["InvalidRequest", "MalformedXML"]),
        ]:
            with self.subTest(rules), self.refused(400, *codes):
                self.set_rules(rules)
