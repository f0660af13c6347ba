"""Listings by boto3, of both generations."""

from concurrent.futures import ThreadPoolExecutor

import urllib.parse

from support import S3Test, send


class ListingTests(S3Test):
    NAMES = ["a", "b/1", "b/2", "b/c/3", "d d", "e+e", "f/", "ä", "z"]

    def setUp(self):
        super().setUp()
        for name in self.NAMES:
            self.put(name, name.encode())

    def test_everything_in_the_order_of_its_bytes(self):
        answer = self.s3.list_objects_v2(Bucket=self.bucket)
        found = [entry["Key"] for entry in answer["Contents"]]
        self.assertEqual(found, sorted(self.NAMES, key=str.encode))
        self.assertEqual((answer["KeyCount"], answer["MaxKeys"], answer["IsTruncated"]), (9, 1000, False))
        entry = answer["Contents"][0]
        self.assertEqual((entry["Size"], entry["StorageClass"]), (1, "STANDARD"))
        self.assertEqual(entry["ETag"], self.head("a")["ETag"])
        self.assertNotIn("Owner", entry)
        self.assertIn("ID", self.s3.list_objects_v2(Bucket=self.bucket, FetchOwner=True)["Contents"][0]["Owner"])
        self.assertIn("ID", self.s3.list_objects(Bucket=self.bucket)["Contents"][0]["Owner"])

    def test_prefix_and_delimiter(self):
        for prefix, delimiter, keys, prefixes in [
            ("b/", "", ["b/1", "b/2", "b/c/3"], []), ("b/", "/", ["b/1", "b/2"], ["b/c/"]),
            ("", "/", ["a", "d d", "e+e", "z", "ä"], ["b/", "f/"]), ("f/", "/", ["f/"], []), ("none", "/", [], []),
            ("", "1", ["a", "b/2", "b/c/3", "d d", "e+e", "f/", "z", "ä"], ["b/1"]), ("", "/c/", None, ["b/c/"]),
            ("d ", "", ["d d"], []), ("e+", "+", ["e+e"], []), ("", "+", None, ["e+"]),
        ]:
            with self.subTest(prefix=prefix, delimiter=delimiter):
                for list_objects in [self.s3.list_objects_v2, self.s3.list_objects]:
                    answer = list_objects(Bucket=self.bucket, Prefix=prefix, Delimiter=delimiter)
                    if keys is not None:
                        self.assertEqual([entry["Key"] for entry in answer.get("Contents", [])], keys)
                    found = [entry["Prefix"] for entry in answer.get("CommonPrefixes", [])]
                    self.assertEqual(found, prefixes)
                    # botocore decodes no prefix of the first version of listings.
                    self.assertEqual(urllib.parse.unquote(answer["Prefix"]), prefix)

    def test_pages(self):
        for operation in ["list_objects_v2", "list_objects", "list_object_versions"]:
            for size in [1, 2, 3, 8, 9, 1000]:
                with self.subTest(operation, size=size):
                    pages = self.s3.get_paginator(operation).paginate(
                        Bucket=self.bucket, PaginationConfig={"PageSize": size}
                    )
                    found, count = [], 0
                    for page in pages:
                        entries = page.get("Versions" if "versions" in operation else "Contents", [])
                        self.assertLessEqual(len(entries), size)
                        found += [entry["Key"] for entry in entries]
                        count += 1
                    self.assertEqual(found, sorted(self.NAMES, key=str.encode))
                    self.assertEqual(count, -(-len(self.NAMES) // size))

    def test_pages_with_a_delimiter(self):
        for operation in ["list_objects_v2", "list_objects"]:
            for size in [1, 2, 3]:
                with self.subTest(operation, size=size):
                    found = []
                    for page in self.s3.get_paginator(operation).paginate(
                        Bucket=self.bucket, Delimiter="/", PaginationConfig={"PageSize": size}
                    ):
                        entries = [entry["Key"] for entry in page.get("Contents", [])]
                        entries += [entry["Prefix"] for entry in page.get("CommonPrefixes", [])]
                        self.assertLessEqual(len(entries), size)
                        found += entries
                    self.assertEqual(sorted(found), sorted(["a", "b/", "d d", "e+e", "f/", "z", "ä"]))

    def test_start_after(self):
        self.assertEqual(self.keys(StartAfter="d d"), ["e+e", "f/", "z", "ä"])
        self.assertEqual(self.keys(StartAfter="b"), ["b/1", "b/2", "b/c/3", "d d", "e+e", "f/", "z", "ä"])
        self.assertEqual(self.keys(StartAfter="ä"), [])
        first = self.s3.list_objects_v2(Bucket=self.bucket, StartAfter="a", MaxKeys=2)
        self.assertEqual([entry["Key"] for entry in first["Contents"]], ["b/1", "b/2"])
        self.assertTrue(first["IsTruncated"])
        token = first["NextContinuationToken"]
        then = self.s3.list_objects_v2(Bucket=self.bucket, StartAfter="a", MaxKeys=2, ContinuationToken=token)
        self.assertEqual([entry["Key"] for entry in then["Contents"]], ["b/c/3", "d d"])
        self.assertEqual(then["ContinuationToken"], token)
        marked = self.s3.list_objects(Bucket=self.bucket, Marker="f/")
        self.assertEqual([entry["Key"] for entry in marked["Contents"]], ["z", "ä"])

    def test_no_keys_at_all(self):
        answer = self.s3.list_objects_v2(Bucket=self.bucket, MaxKeys=0)
        self.assertEqual((answer.get("Contents", []), answer["KeyCount"], answer["IsTruncated"]), ([], 0, False))

    def test_encoded_and_not(self):
        self.put("b & <c>\x01")
        encoded = send("GET", f"/{self.bucket}?list-type=2&encoding-type=url&prefix=b%20").expect(200)
        self.assertIn(b"<EncodingType>url</EncodingType>", encoded.body)
        self.assertIn(b"<Prefix>b%20</Prefix>", encoded.body.replace(b"b+", b"b%20"))
        self.assertRegex(encoded.body, rb"<Key>b(%20|\+)%26(%20|\+)%3Cc%3E%01</Key>")
        plain = send("GET", f"/{self.bucket}?list-type=2&prefix=d").expect(200)
        self.assertIn(b"<Key>d d</Key>", plain.body)
        self.assertNotIn(b"EncodingType", plain.body)

    def test_arguments_that_are_none(self):
        for query in ["max-keys=-1", "max-keys=a", "max-keys=99999999999999999999", "encoding-type=base64",
                      "list-type=2&continuation-token=forged"]:
            with self.subTest(query):
                send("GET", f"/{self.bucket}?{query}").refused(400, "InvalidArgument")
        self.assertEqual(self.s3.list_objects_v2(Bucket=self.bucket, MaxKeys=5000)["MaxKeys"], 1000)

    def test_more_than_a_page(self):
        names = [f"many/{number:05}" for number in range(1100)]
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda name: self.put(name, b""), names))
        first = self.s3.list_objects_v2(Bucket=self.bucket, Prefix="many/")
        self.assertEqual((len(first["Contents"]), first["IsTruncated"]), (1000, True))
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix="many/")
        self.assertEqual([entry["Key"] for page in pages for entry in page["Contents"]], names)
