"""Buckets in the name of the host, as boto3 addresses them by itself at AWS."""

import urllib.parse

from support import MIB, S3Test, fetch, settings


class HostTests(S3Test):
    def setUp(self):
        super().setUp()
        parts = urllib.parse.urlsplit(settings["endpoint"])
        self.endpoint = f"{parts.scheme}://localhost:{parts.port}"
        # The server's certificate has this name, because a certificate for every name under a top level is refused.
        self.bucket = settings["hostBucket"]
        self.s3 = self.client(endpoint=self.endpoint, s3={"addressing_style": "virtual"})
        if self.bucket not in [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]]:
            self.s3.create_bucket(Bucket=self.bucket)
        self.addCleanup(self.clear)

    def clear(self):
        for key in self.keys():
            self.s3.delete_object(Bucket=self.bucket, Key=key)

    def test_objects(self):
        for name in ["k", "a b+c/ü", "..", "/lead", self.bucket + "/k"]:
            with self.subTest(name):
                self.put(name, name.encode())
                self.assertEqual(self.read(name), name.encode())
        self.assertEqual(len(self.keys()), 5)
        self.assertEqual(self.client().get_object(Bucket=self.bucket, Key="k")["Body"].read(), b"k")

    def test_the_client_puts_the_bucket_into_the_host(self):
        url = self.s3.generate_presigned_url("put_object", Params={"Bucket": self.bucket, "Key": "k"})
        self.assertTrue(urllib.parse.urlsplit(url).netloc.startswith(self.bucket + ".localhost"), url)
        fetch(url, "PUT", body=b"written").expect(200)
        self.assertEqual(self.read("k"), b"written")
        self.s3.head_bucket(Bucket=self.bucket)
        self.s3.get_bucket_encryption(Bucket=self.bucket)

    def test_forms(self):
        form = self.s3.generate_presigned_post(self.bucket, "k")
        lines = []
        for name, value in form["fields"].items():
            lines.append(f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n')
        lines.append('--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nbody\r\n--x--\r\n')
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        fetch(form["url"], "POST", headers, "".join(lines).encode()).expect(204)
        self.assertEqual(self.read("k"), b"body")

    def test_parts(self):
        place = {"Bucket": self.bucket, "Key": "k"}
        place["UploadId"] = self.s3.create_multipart_upload(**place)["UploadId"]
        parts = []
        for number, body in enumerate([b"x" * 5 * MIB, b"end"], 1):
            etag = self.s3.upload_part(PartNumber=number, Body=body, **place)["ETag"]
            parts.append({"PartNumber": number, "ETag": etag})
        self.s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **place)
        self.assertEqual(self.head("k")["ContentLength"], 5 * MIB + 3)

    def test_a_path_at_the_name_itself(self):
        path = self.client(endpoint=self.endpoint)
        path.put_object(Bucket=self.bucket, Key="k", Body=b"path")
        self.assertEqual(self.read("k"), b"path")
