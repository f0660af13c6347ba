"""Every mode of encryption by boto3: of the server's own keys, of the key service's, of the customer's."""

import base64
import hashlib
import json
import os
import unittest

from support import MIB, S3Test, send, settings


def customer(key, prefix="SSECustomer"):
    return {f"{prefix}Algorithm": "AES256", f"{prefix}Key": key}


def as_headers(algorithm="AES256", key=None, md5=None):
    """The headers of SSE-C, any of them left out where it is None."""
    headers = {"algorithm": algorithm, "key": key, "key-MD5": md5}
    prefix = "x-amz-server-side-encryption-customer-"
    return {prefix + name: value for name, value in headers.items() if value is not None}


def encoded(data):
    return base64.b64encode(data).decode()


def md5_of(key):
    return encoded(hashlib.md5(key).digest())


class ServersKeyTests(S3Test):
    def test_everything_is_encrypted(self):
        body = os.urandom(1000)
        for options in [{}, {"ServerSideEncryption": "AES256"}]:
            put = self.put("k", body, **options)
            self.assertEqual(put["ServerSideEncryption"], "AES256")
            self.assertEqual(put["ETag"], f'"{hashlib.md5(body).hexdigest()}"')
            self.assertEqual(self.head("k")["ServerSideEncryption"], "AES256")

    def test_unknown_algorithms(self):
        for name in ["aes256", "AES128", "aes:kms", "none"]:
            with self.subTest(name), self.refused(400, "InvalidArgument"):
                self.put("k", ServerSideEncryption=name)
        self.assertEqual(self.keys(), [])

    def test_a_key_needs_the_key_service(self):
        for options in [{}, {"ServerSideEncryption": "AES256"}]:
            with self.subTest(options), self.refused(400, "InvalidArgument"):
                self.put("k", SSEKMSKeyId="12345678-1234-1234-1234-123456789012", **options)

    def test_a_read_names_no_algorithm(self):
        self.put("k")
        for method in ["GET", "HEAD"]:
            answer = send(method, f"/{self.bucket}/k", {"x-amz-server-side-encryption": "AES256"})
            self.assertEqual(answer.status, 400)

    def test_the_bucket_s_default(self):
        fresh = self.s3.get_bucket_encryption(Bucket=self.bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
        self.assertEqual(fresh["ApplyServerSideEncryptionByDefault"], {"SSEAlgorithm": "AES256"})
        self.assertFalse(fresh["BucketKeyEnabled"])
        self.assertEqual(fresh["BlockedEncryptionTypes"], {"EncryptionType": ["SSE-C"]})
        self.allow_customer_keys()
        rule = self.s3.get_bucket_encryption(Bucket=self.bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
        self.assertEqual(rule["BlockedEncryptionTypes"], {"EncryptionType": ["NONE"]})
        for _ in range(2):
            answer = self.s3.delete_bucket_encryption(Bucket=self.bucket)
            self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 204)
        again = self.s3.get_bucket_encryption(Bucket=self.bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
        self.assertEqual(again["ApplyServerSideEncryptionByDefault"], {"SSEAlgorithm": "AES256"})
        self.assertEqual(self.put("k")["ServerSideEncryption"], "AES256")

    def test_defaults_that_are_refused(self):
        def put(rules):
            self.s3.put_bucket_encryption(
                Bucket=self.bucket, ServerSideEncryptionConfiguration={"Rules": rules}
            )

        default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        for rules in [[], [default, default]]:
            with self.subTest(len(rules)), self.refused(400, "MalformedXML"):
                put(rules)
        with self.refused(400, "InvalidArgument"):
            put([{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "alias/a"}}])
        with self.refused(400, "MalformedXML"):
            put([{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES128"}}])
        for operation in [self.s3.get_bucket_encryption, self.s3.delete_bucket_encryption]:
            with self.refused(404, "NoSuchBucket"):
                operation(Bucket=self.new_name())


class CustomersKeyTests(S3Test):
    def setUp(self):
        super().setUp()
        self.key = os.urandom(32)
        if self.is_secure and not self._testMethodName.endswith("blocked"):
            self.allow_customer_keys()

    def need_https(self):
        if not self.is_secure:
            raise unittest.SkipTest("customers' keys go over HTTPS only")

    def test_a_customer_s_key_over_plain_http(self):
        if self.is_secure:
            raise unittest.SkipTest("of plain HTTP")
        self.allow_customer_keys()
        with self.refused(400, "InvalidRequest"):
            self.put("k", **customer(self.key))
        self.assertEqual(self.keys(), [])
        self.put("plain")
        with self.refused(400, "InvalidRequest"):
            self.read("plain", **customer(self.key))
        with self.refused(400, "InvalidRequest"):
            self.s3.create_multipart_upload(Bucket=self.bucket, Key="k", **customer(self.key))

    def test_new_buckets_have_it_blocked(self):
        self.need_https()
        with self.refused(403, "AccessDenied"):
            self.put("k", **customer(self.key))
        with self.refused(403, "AccessDenied"):
            self.s3.create_multipart_upload(Bucket=self.bucket, Key="k", **customer(self.key))
        self.put("source")
        with self.refused(403, "AccessDenied"):
            source = {"Bucket": self.bucket, "Key": "source"}
            self.s3.copy_object(Bucket=self.bucket, Key="k", CopySource=source, **customer(self.key))
        self.assertEqual(self.keys(), ["source"])

    def test_blocking_leaves_old_objects_readable(self):
        self.need_https()
        self.put("k", **customer(self.key))
        rule = {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
        }
        self.s3.put_bucket_encryption(Bucket=self.bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
        with self.refused(403, "AccessDenied"):
            self.put("new", **customer(self.key))
        self.assertEqual(self.read("k", **customer(self.key)), b"body")
        self.assertEqual(self.keys(), ["k"])

    def test_with_the_key_and_without(self):
        self.need_https()
        body = os.urandom(200_000)
        put = self.put("k", body, **customer(self.key))
        self.assertEqual((put["SSECustomerAlgorithm"], put["SSECustomerKeyMD5"]), ("AES256", md5_of(self.key)))
        self.assertNotIn("ServerSideEncryption", put)
        self.assertNotEqual(put["ETag"], f'"{hashlib.md5(body).hexdigest()}"')
        self.assertEqual(self.read("k", **customer(self.key)), body)
        self.assertEqual(self.read("k", Range="bytes=65530-65540", **customer(self.key)), body[65530:65541])
        head = self.head("k", **customer(self.key))
        self.assertEqual((head["ETag"], head["ContentLength"]), (put["ETag"], len(body)))
        with self.refused(400, "InvalidRequest"):
            self.read("k")
        with self.refused(400, "400"):
            self.head("k")
        with self.refused(403, "AccessDenied"):
            self.read("k", **customer(os.urandom(32)))
        with self.refused(403, "403"):
            self.head("k", **customer(os.urandom(32)))

    def test_attributes_need_the_key(self):
        self.need_https()
        self.put("k", **customer(self.key))
        wanted = {"Bucket": self.bucket, "Key": "k", "ObjectAttributes": ["ObjectSize"]}

        def whole(key):
            # For this operation the client encodes no key by itself.
            return {**customer(encoded(key)), "SSECustomerKeyMD5": md5_of(key)}

        self.assertEqual(self.s3.get_object_attributes(**wanted, **whole(self.key))["ObjectSize"], 4)
        with self.refused(400, "InvalidRequest"):
            self.s3.get_object_attributes(**wanted)
        with self.refused(403, "AccessDenied"):
            self.s3.get_object_attributes(**wanted, **whole(os.urandom(32)))

    def test_headers_that_do_not_fit(self):
        self.need_https()
        self.put("k", **customer(self.key))
        right, md5, short = encoded(self.key), md5_of(self.key), os.urandom(31)
        for headers, code in [
            (as_headers("AES192", right, md5), "InvalidEncryptionAlgorithmError"),
            (as_headers(None, right, md5), "InvalidArgument"), (as_headers("AES256", None, md5), "InvalidArgument"),
            (as_headers("AES256", right, None), "InvalidArgument"),
            (as_headers("AES256", None, None), "InvalidArgument"),
            (as_headers("AES256", right, md5_of(short)), "InvalidArgument"),
            (as_headers("AES256", encoded(short), md5_of(short)), "InvalidArgument"),
            (as_headers("AES256", encoded(self.key + b"x"), md5_of(self.key + b"x")), "InvalidArgument"),
            (as_headers("AES256", "no base64!", md5), "InvalidArgument"),
        ]:
            with self.subTest(headers):
                send("PUT", f"/{self.bucket}/refused", headers, b"body").refused(400, code)
                answer = send("GET", f"/{self.bucket}/k", headers).expect(400)
                self.assertRegex(answer.body, f"<Code>({code}|InvalidRequest)</Code>".encode())
        both = {**as_headers("AES256", right, md5), "x-amz-server-side-encryption": "AES256"}
        send("PUT", f"/{self.bucket}/refused", both, b"body").refused(400, "InvalidArgument")
        self.assertEqual(self.keys(), ["k"])

    def test_a_key_for_what_has_none(self):
        self.need_https()
        self.put("k")
        with self.refused(400, "InvalidRequest"):
            self.read("k", **customer(self.key))

    def test_copies(self):
        self.need_https()
        self.put("k", **customer(self.key))
        source, other = {"Bucket": self.bucket, "Key": "k"}, os.urandom(32)

        def copy(target, **options):
            return self.s3.copy_object(Bucket=self.bucket, Key=target, CopySource=source, **options)

        with self.refused(400, "InvalidRequest"):
            copy("no")
        with self.refused(403, "AccessDenied"):
            copy("no", **customer(other, "CopySourceSSECustomer"))
        copy("plain", **customer(self.key, "CopySourceSSECustomer"))
        self.assertEqual(self.read("plain"), b"body")
        copy("other", **customer(self.key, "CopySourceSSECustomer"), **customer(other))
        self.assertEqual(self.read("other", **customer(other)), b"body")
        # Onto itself, with another key.
        copy("k", **customer(self.key, "CopySourceSSECustomer"), **customer(other))
        self.assertEqual(self.read("k", **customer(other)), b"body")
        with self.refused(403, "AccessDenied"):
            self.read("k", **customer(self.key))
        self.assertEqual(self.keys(), ["k", "other", "plain"])

    def test_uploads_in_parts(self):
        self.need_https()
        place = {"Bucket": self.bucket, "Key": "k"}
        place["UploadId"] = self.s3.create_multipart_upload(**place, **customer(self.key))["UploadId"]
        bodies = [os.urandom(5 * MIB + 3), b"end"]
        for options in [{}, customer(os.urandom(32))]:
            with self.subTest(options), self.refused(400, "InvalidRequest"):
                self.s3.upload_part(PartNumber=1, Body=b"x", **place, **options)
        parts = []
        for number, body in enumerate(bodies, 1):
            answer = self.s3.upload_part(PartNumber=number, Body=body, **place, **customer(self.key))
            self.assertEqual(answer["SSECustomerKeyMD5"], md5_of(self.key))
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
        self.s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **place, **customer(self.key))
        self.assertEqual(self.read("k", **customer(self.key)), b"".join(bodies))
        self.assertEqual(self.read("k", PartNumber=2, **customer(self.key)), b"end")
        with self.refused(400, "InvalidRequest"):
            self.read("k")
        plain = {"Bucket": self.bucket, "Key": "plain"}
        plain["UploadId"] = self.s3.create_multipart_upload(**plain)["UploadId"]
        with self.refused(400, "InvalidRequest"):
            self.s3.upload_part(PartNumber=1, Body=b"x", **plain, **customer(self.key))

    def test_part_copies(self):
        self.need_https()
        self.put("source", os.urandom(1000), **customer(self.key))
        source, target = {"Bucket": self.bucket, "Key": "source"}, os.urandom(32)
        place = {"Bucket": self.bucket, "Key": "k"}
        place["UploadId"] = self.s3.create_multipart_upload(**place, **customer(target))["UploadId"]
        keys = {**customer(self.key, "CopySourceSSECustomer"), **customer(target)}
        for options in [customer(target), customer(self.key, "CopySourceSSECustomer")]:
            with self.refused(400, "InvalidRequest"):
                self.s3.upload_part_copy(PartNumber=1, CopySource=source, **place, **options)
        answer = self.s3.upload_part_copy(PartNumber=1, CopySource=source, **place, **keys)
        part = {"PartNumber": 1, "ETag": answer["CopyPartResult"]["ETag"]}
        self.s3.complete_multipart_upload(MultipartUpload={"Parts": [part]}, **place, **customer(target))
        self.assertEqual(
            self.read("k", **customer(target)), self.read("source", **customer(self.key))
        )


class KeyServiceTests(S3Test):
    def setUp(self):
        super().setUp()
        if not self.is_secure and not self._testMethodName.endswith("http"):
            raise unittest.SkipTest("keys of the key service go over HTTPS only")

    def set_default(self, bucket_key=False, **default):
        rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
        self.s3.put_bucket_encryption(Bucket=self.bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})

    def test_over_plain_http(self):
        if self.is_secure:
            raise unittest.SkipTest("of plain HTTP")
        with self.refused(400, "InvalidArgument"):
            self.put("k", ServerSideEncryption="aws:kms")

    def test_the_default_key(self):
        body = os.urandom(100_000)
        for mode in ["aws:kms", "aws:kms:dsse"]:
            put = self.put("k", body, ServerSideEncryption=mode)
            self.assertEqual(put["ServerSideEncryption"], mode)
            self.assertRegex(put["SSEKMSKeyId"], r"^arn:aws:kms:[-a-z0-9]+:[0-9]{12}:key/.+")
            self.assertNotEqual(put["ETag"], f'"{hashlib.md5(body).hexdigest()}"')
            self.assertEqual(self.read("k"), body)
            self.assertEqual(self.head("k")["SSEKMSKeyId"], put["SSEKMSKeyId"])

    def test_a_bucket_key_and_a_context(self):
        context = encoded(json.dumps({"team": "blue"}).encode())
        put = self.put(
            "k", ServerSideEncryption="aws:kms", BucketKeyEnabled=True, SSEKMSEncryptionContext=context
        )
        self.assertTrue(put["BucketKeyEnabled"])
        self.assertEqual(self.read("k"), b"body")
        self.assertTrue(self.head("k")["BucketKeyEnabled"])
        with self.refused(400, "InvalidArgument"):
            self.put("k", ServerSideEncryption="aws:kms", SSEKMSEncryptionContext="no base64!")

    def test_keys_that_are_not_there(self):
        for name in ["fake-key-id", "12345678-1234-1234-1234-123456789012", "alias/absent"]:
            with self.subTest(name), self.refused(400, "KMS.NotFoundException"):
                self.put("k", ServerSideEncryption="aws:kms", SSEKMSKeyId=name)
        self.assertEqual(self.keys(), [])

    def test_the_key_service_as_the_bucket_s_default(self):
        self.set_default(SSEAlgorithm="aws:kms", bucket_key=True)
        put = self.put("k")
        self.assertEqual((put["ServerSideEncryption"], put["BucketKeyEnabled"]), ("aws:kms", True))
        self.assertEqual(self.read("k"), b"body")
        self.assertEqual(self.put("own", ServerSideEncryption="AES256")["ServerSideEncryption"], "AES256")
        self.s3.delete_bucket_encryption(Bucket=self.bucket)
        self.assertEqual(self.put("k")["ServerSideEncryption"], "AES256")

    def test_copies_and_parts(self):
        self.put("source", ServerSideEncryption="aws:kms")
        source = {"Bucket": self.bucket, "Key": "source"}
        self.assertEqual(
            self.s3.copy_object(Bucket=self.bucket, Key="k", CopySource=source)["ServerSideEncryption"], "AES256"
        )
        place = {"Bucket": self.bucket, "Key": "parts"}
        upload = self.s3.create_multipart_upload(ServerSideEncryption="aws:kms", **place)
        place["UploadId"] = upload["UploadId"]
        part = {"PartNumber": 1, "ETag": self.s3.upload_part(PartNumber=1, Body=b"x", **place)["ETag"]}
        answer = self.s3.complete_multipart_upload(MultipartUpload={"Parts": [part]}, **place)
        self.assertEqual(answer["SSEKMSKeyId"], upload["SSEKMSKeyId"])
        self.assertEqual(self.read("parts"), b"x")

    def test_another_key_in_place(self):
        key = self.put("other", ServerSideEncryption="aws:kms")["SSEKMSKeyId"]
        self.put("k")
        before = self.head("k", ChecksumMode="ENABLED")
        self.s3.update_object_encryption(
            Bucket=self.bucket, Key="k", ObjectEncryption={"SSEKMS": {"KMSKeyArn": key, "BucketKeyEnabled": True}}
        )
        after = self.head("k", ChecksumMode="ENABLED")
        self.assertEqual((after["ServerSideEncryption"], after["SSEKMSKeyId"]), ("aws:kms", key))
        for name in ["ETag", "LastModified", "ChecksumCRC32"]:
            self.assertEqual(after[name], before[name], name)
        self.assertEqual(self.read("k"), b"body")
        with self.refused(400, "InvalidRequest"):
            self.s3.update_object_encryption(
                Bucket=self.bucket, Key="k", ObjectEncryption={"SSEKMS": {"KMSKeyArn": "alias/of-a-key-by-a-long-name"}}
            )
