"""boto3's KMS client, and keys of the key service under objects. Over HTTPS: secrets go over nothing else."""

import base64
import datetime
import json
import os
import subprocess
import tempfile
import time
import unittest

import boto3
import botocore.config

from support import ClientTest, settings


class KMSTest(ClientTest):
    def setUp(self):
        super().setUp()
        self.kms = self.client(settings["administrator"])

    def client(self, user, service="kms", endpoint=None):
        config = botocore.config.Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        client = boto3.client(
            service, endpoint_url=endpoint or settings["kmsEndpoint"], region_name=settings["region"],
            aws_access_key_id=user["accessKeyID"], aws_secret_access_key=user["secretAccessKey"],
            verify=settings["authority"], config=config,
        )
        self.addCleanup(client.close)
        return client

    def make_key(self, **options):
        return self.kms.create_key(**options)["KeyMetadata"]

    def encrypt(self, key, plaintext=b"secret", **options):
        return self.kms.encrypt(KeyId=key, Plaintext=plaintext, **options)["CiphertextBlob"]


class KeyTests(KMSTest):
    def test_a_new_key(self):
        key = self.make_key(Description="of a test", Tags=[{"TagKey": "a", "TagValue": "b"}])
        self.assertEqual((key["KeyState"], key["Enabled"], key["Description"]), ("Enabled", True, "of a test"))
        self.assertEqual((key["KeyUsage"], key["KeySpec"]), ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT"))
        self.assertEqual((key["Origin"], key["KeyManager"], key["MultiRegion"]), ("AWS_KMS", "CUSTOMER", False))
        self.assertEqual(self.kms.describe_key(KeyId=key["Arn"])["KeyMetadata"]["KeyId"], key["KeyId"])
        pages = self.kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 2})
        self.assertIn(key["KeyId"], [entry["KeyId"] for page in pages for entry in page["Keys"]])
        tags = self.kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
        self.assertEqual(tags, [{"TagKey": "a", "TagValue": "b"}])
        self.kms.update_key_description(KeyId=key["KeyId"], Description="another")
        self.assertEqual(self.kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["Description"], "another")

    def test_keys_that_are_not_there(self):
        for name in ["12345678-1234-1234-1234-123456789012", "alias/absent", "fake"]:
            with self.subTest(name), self.refused(400, "NotFoundException"):
                self.kms.describe_key(KeyId=name)

    def test_disabled(self):
        key = self.make_key()["KeyId"]
        blob = self.encrypt(key)
        self.kms.disable_key(KeyId=key)
        with self.refused(400, "DisabledException"):
            self.encrypt(key)
        with self.refused(400, "DisabledException"):
            self.kms.decrypt(CiphertextBlob=blob)
        self.kms.enable_key(KeyId=key)
        self.assertEqual(self.kms.decrypt(CiphertextBlob=blob)["Plaintext"], b"secret")

    def test_deletion(self):
        key = self.make_key()["KeyId"]
        blob = self.encrypt(key)
        answer = self.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.assertEqual((answer["KeyState"], answer["PendingWindowInDays"]), ("PendingDeletion", 7))
        with self.refused(400, "KMSInvalidStateException"):
            self.kms.decrypt(CiphertextBlob=blob)
        with self.refused(400, "KMSInvalidStateException"):
            self.kms.schedule_key_deletion(KeyId=key)
        self.kms.cancel_key_deletion(KeyId=key)
        self.assertEqual(self.kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"], "Disabled")
        self.kms.enable_key(KeyId=key)
        self.assertEqual(self.kms.decrypt(CiphertextBlob=blob)["Plaintext"], b"secret")
        with self.refused(400, "ValidationException"):
            self.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=1000)

    def test_tags(self):
        key = self.make_key()["KeyId"]
        self.kms.tag_resource(KeyId=key, Tags=[{"TagKey": name, "TagValue": "1"} for name in "ab"])
        self.kms.untag_resource(KeyId=key, TagKeys=["a"])
        self.assertEqual(self.kms.list_resource_tags(KeyId=key)["Tags"], [{"TagKey": "b", "TagValue": "1"}])
        with self.refused(400, "TagException"):
            self.kms.tag_resource(KeyId=key, Tags=[{"TagKey": "aws:x", "TagValue": "1"}])


class CryptographyTests(KMSTest):
    def test_encrypt_and_decrypt(self):
        key = self.make_key()
        context = {"tenant": "blue", "a": "ü"}
        for size in [1, 32, 4096]:
            body = os.urandom(size)
            blob = self.encrypt(key["KeyId"], body, EncryptionContext=context)
            opened = self.kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)
            self.assertEqual((opened["Plaintext"], opened["KeyId"]), (body, key["Arn"]))
            self.assertEqual(opened["EncryptionAlgorithm"], "SYMMETRIC_DEFAULT")
        for wrong in [{}, {"tenant": "red", "a": "ü"}, {"tenantblue": "", "a": "ü"}]:
            with self.subTest(wrong), self.refused(400, "InvalidCiphertextException"):
                self.kms.decrypt(CiphertextBlob=blob, EncryptionContext=wrong)
        for bad in [blob + b"x", blob[:-1], blob[:-1] + bytes([blob[-1] ^ 1]), b"no blob"]:
            with self.refused(400, "InvalidCiphertextException"):
                self.kms.decrypt(CiphertextBlob=bad, EncryptionContext=context)
        with self.refused(400, "IncorrectKeyException"):
            self.kms.decrypt(CiphertextBlob=blob, EncryptionContext=context, KeyId=self.make_key()["KeyId"])
        with self.refused(400, "ValidationException"):
            self.encrypt(key["KeyId"], os.urandom(4097))
        with self.refused(400, "DryRunOperationException"):
            self.encrypt(key["KeyId"], DryRun=True)

    def test_data_keys(self):
        key = self.make_key()["KeyId"]
        for options, size in [({"KeySpec": "AES_256"}, 32), ({"KeySpec": "AES_128"}, 16), ({"NumberOfBytes": 64}, 64)]:
            with self.subTest(options):
                made = self.kms.generate_data_key(KeyId=key, EncryptionContext={"a": "b"}, **options)
                self.assertEqual(len(made["Plaintext"]), size)
                opened = self.kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"a": "b"})
                self.assertEqual(opened["Plaintext"], made["Plaintext"])
        sealed = self.kms.generate_data_key_without_plaintext(KeyId=key, KeySpec="AES_256")
        self.assertNotIn("Plaintext", sealed)
        self.assertEqual(len(self.kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])["Plaintext"]), 32)
        with self.refused(400, "ValidationException"):
            self.kms.generate_data_key(KeyId=key)
        with self.refused(400, "ValidationException"):
            self.kms.generate_data_key(KeyId=key, NumberOfBytes=1025)

    def test_encrypting_anew(self):
        first, second = (self.make_key()["Arn"] for _ in range(2))
        blob = self.encrypt(first, EncryptionContext={"a": "1"})
        moved = self.kms.re_encrypt(
            CiphertextBlob=blob, SourceEncryptionContext={"a": "1"}, DestinationKeyId=second,
            DestinationEncryptionContext={"b": "2"},
        )
        self.assertEqual((moved["SourceKeyId"], moved["KeyId"]), (first, second))
        opened = self.kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"b": "2"})
        self.assertEqual((opened["Plaintext"], opened["KeyId"]), (b"secret", second))

    def test_random_bytes(self):
        first, second = (self.kms.generate_random(NumberOfBytes=64)["Plaintext"] for _ in range(2))
        self.assertEqual((len(first), len(second)), (64, 64))
        self.assertNotEqual(first, second)

    def test_rotation(self):
        key = self.make_key()["KeyId"]
        blob = self.encrypt(key)
        self.assertFalse(self.kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"])
        self.kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
        status = self.kms.get_key_rotation_status(KeyId=key)
        self.assertEqual((status["KeyRotationEnabled"], status["RotationPeriodInDays"]), (True, 90))
        self.kms.disable_key_rotation(KeyId=key)
        self.kms.rotate_key_on_demand(KeyId=key)
        deadline = time.monotonic() + 30
        while not self.kms.list_key_rotations(KeyId=key)["Rotations"] and time.monotonic() < deadline:
            time.sleep(0.2)
        rotations = self.kms.list_key_rotations(KeyId=key)["Rotations"]
        self.assertEqual([rotation["RotationType"] for rotation in rotations], ["ON_DEMAND"])
        self.assertEqual(self.kms.decrypt(CiphertextBlob=blob)["Plaintext"], b"secret")
        self.assertEqual(self.kms.decrypt(CiphertextBlob=self.encrypt(key))["Plaintext"], b"secret")


    def test_imported_material(self):
        key = self.make_key(Origin="EXTERNAL")
        self.assertEqual(key["KeyState"], "PendingImport")
        parameters = self.kms.get_parameters_for_import(
            KeyId=key["KeyId"], WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
        )
        with tempfile.TemporaryDirectory(dir=settings["work"]) as folder:
            for name, content in [("public.der", parameters["PublicKey"]), ("material", os.urandom(32))]:
                with open(f"{folder}/{name}", "wb") as file:
                    file.write(content)
            wrapped = subprocess.run(
                ["openssl", "pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", "public.der", "-in",
                 "material", "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256"],
                check=True, cwd=folder, stdout=subprocess.PIPE,
            ).stdout
        # A year from now would be the latest.
        now = datetime.datetime.now(tz=datetime.timezone.utc).replace(microsecond=0)
        expiry = now + datetime.timedelta(days=300)
        imported = self.kms.import_key_material(
            KeyId=key["KeyId"], ImportToken=parameters["ImportToken"], EncryptedKeyMaterial=wrapped, ValidTo=expiry
        )
        found = self.kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        self.assertEqual((found["KeyState"], found["ValidTo"]), ("Enabled", expiry))
        blob = self.encrypt(key["KeyId"])
        self.assertEqual(self.kms.decrypt(CiphertextBlob=blob)["Plaintext"], b"secret")
        deleted = self.kms.delete_imported_key_material(KeyId=key["KeyId"])
        self.assertEqual(deleted["KeyMaterialId"], imported["KeyMaterialId"])
        with self.refused(400, "KMSInvalidStateException"):
            self.kms.decrypt(CiphertextBlob=blob)

    def test_the_last_use(self):
        key = self.make_key()
        self.assertNotIn("KeyLastUsage", self.kms.get_key_last_usage(KeyId=key["KeyId"]))
        self.encrypt(key["KeyId"])
        self.assertEqual(self.kms.get_key_last_usage(KeyId=key["KeyId"])["KeyLastUsage"]["Operation"], "Encrypt")

    def test_what_is_not_offered(self):
        for call, options in [
            (self.kms.get_public_key, {"KeyId": "x"}), (self.kms.describe_custom_key_stores, {}),
            (self.kms.create_key, {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}),
        ]:
            with self.refused(400, "UnsupportedOperationException"):
                call(**options)

    def test_a_plain_connection(self):
        if not settings["endpoint"].startswith("http:"):
            raise unittest.SkipTest("needs HTTP")
        plain = self.client(settings["administrator"], endpoint=settings["endpoint"])
        key = plain.create_key()["KeyMetadata"]["KeyId"]
        for call, options in [
            (plain.encrypt, {"KeyId": key, "Plaintext": b"x"}), (plain.generate_random, {"NumberOfBytes": 8}),
            (plain.generate_data_key, {"KeyId": key, "KeySpec": "AES_256"}),
        ]:
            with self.refused(400, "ValidationException"):
                call(**options)


class AliasTests(KMSTest):
    def test_aliases(self):
        first, second = (self.make_key()["KeyId"] for _ in range(2))
        name = "alias/" + self.new_name("of-a-test")
        self.kms.create_alias(AliasName=name, TargetKeyId=first)
        self.assertEqual(self.kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"], first)
        blob = self.encrypt(name)
        self.kms.update_alias(AliasName=name, TargetKeyId=second)
        self.assertEqual(self.kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"], second)
        self.assertEqual(self.kms.decrypt(CiphertextBlob=blob)["Plaintext"], b"secret")
        aliases = self.kms.list_aliases(KeyId=second)["Aliases"]
        self.assertEqual([(a["AliasName"], a["TargetKeyId"]) for a in aliases], [(name, second)])
        with self.refused(400, "AlreadyExistsException"):
            self.kms.create_alias(AliasName=name, TargetKeyId=first)
        self.kms.delete_alias(AliasName=name)
        with self.refused(400, "NotFoundException"):
            self.kms.describe_key(KeyId=name)
        for bad in ["no-prefix", "alias/aws/mine", "alias/a b"]:
            with self.subTest(bad), self.refused(400, "ValidationException", "InvalidAliasNameException"):
                self.kms.create_alias(AliasName=bad, TargetKeyId=first)


class PermissionTests(KMSTest):
    def setUp(self):
        super().setUp()
        self.stranger = self.client(settings["stranger"])

    def test_a_policy(self):
        key = self.make_key()
        found = json.loads(self.kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
        self.assertEqual(self.kms.list_key_policies(KeyId=key["KeyId"])["PolicyNames"], ["default"])
        blob = self.encrypt(key["KeyId"])
        with self.refused(400, "AccessDeniedException"):
            self.stranger.decrypt(CiphertextBlob=blob)
        principal = {"AWS": settings["stranger"]["arn"]}
        found["Statement"].append(
            {"Effect": "Allow", "Principal": principal, "Action": "kms:Decrypt", "Resource": "*"}
        )
        self.kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=json.dumps(found))
        self.assertEqual(self.stranger.decrypt(CiphertextBlob=blob)["Plaintext"], b"secret")
        with self.refused(400, "AccessDeniedException"):
            self.stranger.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
        with self.refused(400, "MalformedPolicyDocumentException"):
            self.kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy="{")

    def test_grants(self):
        key = self.make_key()["KeyId"]
        who = settings["stranger"]["arn"]
        grant = self.kms.create_grant(
            KeyId=key, GranteePrincipal=who, Operations=["Encrypt", "Decrypt"],
            Constraints={"EncryptionContextSubset": {"tenant": "blue"}},
        )
        context = {"tenant": "blue", "more": "1"}
        blob = self.stranger.encrypt(
            KeyId=key, Plaintext=b"x", EncryptionContext=context, GrantTokens=[grant["GrantToken"]]
        )["CiphertextBlob"]
        self.assertEqual(
            self.stranger.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"], b"x"
        )
        with self.refused(400, "AccessDeniedException"):
            self.stranger.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"tenant": "red"})
        grants = self.kms.list_grants(KeyId=key)["Grants"]
        self.assertEqual([(g["GrantId"], g["GranteePrincipal"]) for g in grants], [(grant["GrantId"], who)])
        self.kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])
        with self.refused(400, "AccessDeniedException"):
            self.stranger.decrypt(CiphertextBlob=blob, EncryptionContext=context)
        self.assertEqual(self.kms.list_grants(KeyId=key)["Grants"], [])

    def test_who_is_no_one(self):
        user = settings["administrator"]
        with self.refused(400, "InvalidSignatureException", "SignatureDoesNotMatch"):
            self.client({**user, "secretAccessKey": "x" * 40}).list_keys()
        with self.refused(400, "UnrecognizedClientException"):
            self.client({**user, "accessKeyID": "AKIAIOSFODNN7EXAMPLE"}).list_keys()


class ObjectTests(KMSTest):
    """One service, two protocols: what is made by one is used by the other."""

    def setUp(self):
        super().setUp()
        if not settings["endpoint"].startswith("https:"):
            raise unittest.SkipTest("keys of the key service go over HTTPS only")
        self.s3 = self.client(settings["administrator"], "s3", settings["endpoint"])
        self.bucket = self.new_name()
        self.s3.create_bucket(Bucket=self.bucket)

    def put(self, key, **options):
        return self.s3.put_object(
            Bucket=self.bucket, Key="k", Body=b"body", ServerSideEncryption="aws:kms", SSEKMSKeyId=key, **options
        )

    def read(self):
        return self.s3.get_object(Bucket=self.bucket, Key="k")["Body"].read()

    def test_a_key_of_one_s_own(self):
        key = self.make_key()
        name = "alias/" + self.new_name("objects")
        self.kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])
        for identifier in [key["KeyId"], key["Arn"], name]:
            with self.subTest(identifier):
                self.assertEqual(self.put(identifier)["SSEKMSKeyId"], key["Arn"])
                self.assertEqual(self.read(), b"body")

    def test_a_disabled_key(self):
        key = self.make_key()["KeyId"]
        self.put(key, SSEKMSEncryptionContext=base64.b64encode(b'{"a":"b"}').decode())
        self.kms.disable_key(KeyId=key)
        with self.refused(400, "KMS.DisabledException"):
            self.read()
        with self.refused(400, "KMS.DisabledException"):
            self.put(key)
        self.kms.enable_key(KeyId=key)
        self.assertEqual(self.read(), b"body")

    def test_a_key_that_is_to_be_deleted(self):
        key = self.make_key()["KeyId"]
        self.put(key)
        self.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        with self.refused(400, "KMS.KMSInvalidStateException"):
            self.read()
        # What is left has to open when the store is verified.
        self.kms.cancel_key_deletion(KeyId=key)
        self.kms.enable_key(KeyId=key)
        self.assertEqual(self.read(), b"body")

    def test_the_service_s_own_key(self):
        answer = self.s3.put_object(Bucket=self.bucket, Key="k", Body=b"body", ServerSideEncryption="aws:kms")
        key = self.kms.describe_key(KeyId=answer["SSEKMSKeyId"])["KeyMetadata"]
        self.assertEqual(key["KeyManager"], "AWS")
