"""Versions and delete markers by boto3."""

from support import S3Test


class VersioningTests(S3Test):
    def setUp(self):
        super().setUp()
        self.set_versioning("Enabled")

    def set_versioning(self, status):
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": status})

    def versions(self, **options):
        answer = self.s3.list_object_versions(Bucket=self.bucket, **options)
        return answer.get("Versions", []), answer.get("DeleteMarkers", [])

    def test_the_status(self):
        self.assertEqual(self.s3.get_bucket_versioning(Bucket=self.bucket)["Status"], "Enabled")
        self.set_versioning("Suspended")
        self.assertEqual(self.s3.get_bucket_versioning(Bucket=self.bucket)["Status"], "Suspended")
        self.assertNotIn("Status", self.s3.get_bucket_versioning(Bucket=self.make_bucket()))
        with self.refused(400, "MalformedXML", "IllegalVersioningConfigurationException"):
            self.set_versioning("Sometimes")

    def test_every_version_is_there(self):
        first, second = (self.put("k", body)["VersionId"] for body in [b"first", b"second"])
        self.assertNotEqual(first, second)
        self.assertEqual(self.read("k"), b"second")
        self.assertEqual(self.read("k", VersionId=first), b"first")
        self.assertEqual(self.head("k", VersionId=first)["VersionId"], first)
        self.assertEqual(self.head("k")["VersionId"], second)
        versions, markers = self.versions()
        self.assertEqual([(v["VersionId"], v["IsLatest"]) for v in versions], [(second, True), (first, False)])
        self.assertEqual(markers, [])

    def test_a_delete_marker(self):
        version = self.put("k")["VersionId"]
        deleted = self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.assertTrue(deleted["DeleteMarker"])
        marker = deleted["VersionId"]
        with self.refused(404, "NoSuchKey") as errors:
            self.read("k")
        headers = errors[0]["ResponseMetadata"]["HTTPHeaders"]
        self.assertEqual((headers["x-amz-delete-marker"], headers["x-amz-version-id"]), ("true", marker))
        with self.refused(405, "MethodNotAllowed"):
            self.read("k", VersionId=marker)
        with self.refused(405, "405"):
            self.head("k", VersionId=marker)
        self.assertEqual(self.read("k", VersionId=version), b"body")
        self.assertEqual(self.keys(), [])
        versions, markers = self.versions()
        self.assertEqual([v["VersionId"] for v in versions], [version])
        self.assertEqual([(m["VersionId"], m["IsLatest"]) for m in markers], [(marker, True)])
        undone = self.s3.delete_object(Bucket=self.bucket, Key="k", VersionId=marker)
        self.assertEqual((undone["DeleteMarker"], undone["VersionId"]), (True, marker))
        self.assertEqual(self.read("k"), b"body")

    def test_a_version_is_deleted_for_good(self):
        first, second = (self.put("k", body)["VersionId"] for body in [b"first", b"second"])
        deleted = self.s3.delete_object(Bucket=self.bucket, Key="k", VersionId=second)
        self.assertEqual(deleted["VersionId"], second)
        self.assertNotIn("DeleteMarker", deleted)
        self.assertEqual(self.read("k"), b"first")
        with self.refused(404, "NoSuchVersion"):
            self.read("k", VersionId=second)
        with self.refused(404, "404"):
            self.head("k", VersionId=second)
        self.s3.delete_object(Bucket=self.bucket, Key="k", VersionId=first)
        self.assertEqual(self.versions(), ([], []))

    def test_the_version_from_before(self):
        bucket = self.make_bucket()
        self.put("k", b"before", Bucket=bucket)
        self.bucket = bucket
        self.set_versioning("Enabled")
        self.assertEqual(self.versions()[0][0]["VersionId"], "null")
        self.put("k", b"after")
        self.assertEqual(self.read("k", VersionId="null"), b"before")
        self.set_versioning("Suspended")
        self.put("k", b"suspended")
        self.assertEqual(self.read("k", VersionId="null"), b"suspended")
        self.assertEqual(len(self.versions()[0]), 2)
        marker = self.s3.delete_object(Bucket=bucket, Key="k")
        self.assertEqual((marker["DeleteMarker"], marker["VersionId"]), (True, "null"))
        versions, markers = self.versions()
        self.assertEqual((len(versions), [m["VersionId"] for m in markers]), (1, ["null"]))

    def test_the_only_version_of_a_bucket_without_versions(self):
        # rclone asks so, once an answer has told it of a version.
        bucket = self.make_bucket()
        self.put("k", Bucket=bucket)
        self.assertEqual(self.read("k", Bucket=bucket, VersionId="null"), b"body")
        self.assertEqual(self.head("k", Bucket=bucket, VersionId="null")["ContentLength"], 4)
        self.s3.delete_object(Bucket=bucket, Key="k", VersionId="null")
        with self.refused(404, "404"):
            self.head("k", Bucket=bucket)

    def test_versions_that_are_none(self):
        self.put("k")
        with self.refused(400, "InvalidArgument"):
            self.read("k", VersionId="no version of ours")

    def test_listing_in_pages(self):
        wanted = []
        for name in ["a", "b/1", "b/2", "c"]:
            wanted += reversed([(name, self.put(name)["VersionId"]) for _ in range(3)])
        wanted.insert(3, ("b/1", self.s3.delete_object(Bucket=self.bucket, Key="b/1")["VersionId"]))
        for size in [1, 2, 5, 1000]:
            found, options = [], {}
            while True:
                answer = self.s3.list_object_versions(Bucket=self.bucket, MaxKeys=size, **options)
                entries = answer.get("Versions", []) + answer.get("DeleteMarkers", [])
                self.assertLessEqual(len(entries), size)
                found += [(entry["Key"], entry["VersionId"]) for entry in entries]
                if not answer["IsTruncated"]:
                    break
                options = {"KeyMarker": answer["NextKeyMarker"]}
                if "NextVersionIdMarker" in answer:
                    options["VersionIdMarker"] = answer["NextVersionIdMarker"]
            self.assertEqual(sorted(found), sorted(wanted), f"pages of {size}")
        answer = self.s3.list_object_versions(Bucket=self.bucket, Delimiter="/")
        self.assertEqual([entry["Prefix"] for entry in answer["CommonPrefixes"]], ["b/"])
        versions, markers = self.versions(Prefix="b/1")
        self.assertEqual((len(versions), len(markers)), (3, 1))

    def test_ranges_and_conditions_of_a_version(self):
        first = self.put("k", b"0123456789")
        self.put("k", b"other")
        version = first["VersionId"]
        self.assertEqual(self.read("k", VersionId=version, Range="bytes=2-4"), b"234")
        self.assertEqual(self.read("k", VersionId=version, IfMatch=first["ETag"]), b"0123456789")
        with self.refused(412, "PreconditionFailed"):
            self.read("k", IfMatch=first["ETag"])

    def test_conditional_put_over_a_delete_marker(self):
        self.put("k")
        self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.put("k", b"again", IfNoneMatch="*")
        with self.refused(412, "PreconditionFailed"):
            self.put("k", b"no", IfNoneMatch="*")
