#if CommandLineTool
internal import ArgumentParser
internal import FoundationEssentials
internal import Strongroom

struct BucketCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bucket", abstract: "Create, list, show and delete buckets.",
        subcommands: [
            Create.self, List.self, Show.self, Delete.self, Encryption.self, VersioningState.self,
            Lock.self,
        ])

    struct Create: StoreCommand {
        static let configuration = CommandConfiguration(abstract: "Create a bucket.")

        @Argument(help: "3 to 63 lowercase letters, digits, dots and hyphens.")
        var name: String
        @Option(
            help: "What objects get whose put asks for nothing: AES256 (the default), aws:kms, aws:kms:dsse or none.")
        var defaultEncryption = SSEArgument.aes256
        @Option(
            help:
                "With aws:kms and aws:kms:dsse: the key's id, alias or ARN; by default the key service's own default key."
        )
        var kmsKeyId: String?
        @Flag(help: "With aws:kms: one key of the service for many objects of the bucket.")
        var bucketKey = false
        @Flag(help: "Let puts ask for keys of their own (SSE-C), which new buckets block.")
        var allowSseC = false
        @Flag(help: "Keep the versions of objects that are replaced or deleted.")
        var versioning = false
        @Flag(help: "Let versions be locked, for which they are kept; cannot be taken back. See: bucket object-lock.")
        var objectLock = false
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            let bucket = try await store.createBucket(
                BucketName(name),
                defaultEncryption: DefaultEncryptionOptions.encryption(
                    defaultEncryption, key: kmsKeyId, bucketKey: bucketKey),
                versioning: versioning ? .enabled : .unversioned, objectLock: objectLock,
                allowing: allowSseC ? [.customerKeys] : [])
            console.emit(BucketRecord(try await bucket.info()), text: "created \(name)")
        }
    }

    struct List: StoreCommand {
        static let configuration = CommandConfiguration(abstract: "List the buckets.")

        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            for bucket in try await store.listBuckets() { console.emit(BucketRecord(bucket)) }
        }
    }

    struct Show: StoreCommand {
        static let configuration = CommandConfiguration(abstract: "Show what is true of a bucket.")

        @Argument(help: "The bucket.")
        var name: String
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            console.emit(BucketRecord(try await store.bucket(BucketName(name)).info()))
        }
    }

    struct Delete: StoreCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a bucket that holds no object.")

        @Argument(help: "The bucket.")
        var name: String
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            try await store.deleteBucket(BucketName(name))
            console.emit(["name": name], text: "deleted \(name)")
        }
    }

    struct Encryption: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show or change what objects get whose put asks for nothing. Changes no object that is there.")

        @Argument(help: "The bucket.")
        var name: String
        @Option(help: "AES256, aws:kms, aws:kms:dsse or none.")
        var set: SSEArgument?
        @Option(
            help:
                "With aws:kms and aws:kms:dsse: the key's id, alias or ARN; by default the key service's own default key."
        )
        var kmsKeyId: String?
        @Flag(help: "With aws:kms: one key of the service for many objects of the bucket.")
        var bucketKey = false
        @Flag(inversion: .prefixedNo, help: "Whether puts may ask for keys of their own (SSE-C).")
        var allowSseC: Bool?
        @Flag(help: "Back to AES256, what every new bucket has; never to none.")
        var delete = false
        @OptionGroup var location: StoreLocation

        func validate() throws {
            if set != nil && delete { throw ValidationError("--set and --delete exclude each other.") }
            if set?.asksKeyService != true, kmsKeyId != nil {
                throw ValidationError("--kms-key-id goes with --set aws:kms and aws:kms:dsse.")
            }
            if set != .kms, bucketKey { throw ValidationError("--bucket-key goes with --set aws:kms.") }
        }

        func run(on store: Store, _ console: Console) async throws {
            let bucket = store.bucket(try BucketName(name))
            if let wanted = delete ? .aes256 : set {
                try await bucket.setDefaultEncryption(
                    DefaultEncryptionOptions.encryption(wanted, key: kmsKeyId, bucketKey: bucketKey))
            }
            if let allowSseC { try await bucket.setAllowedEncryption(allowSseC ? [.customerKeys] : []) }
            console.emit(BucketRecord(try await bucket.info()))
        }
    }

    struct VersioningState: StoreCommand {
        static let configuration = CommandConfiguration(
            commandName: "versioning",
            abstract: "Show or change whether old versions of objects are kept. Changes no version that is there.")

        @Argument(help: "The bucket.")
        var name: String
        @Option(help: "enabled or suspended; a bucket that ever kept versions never becomes unversioned again.")
        var set: VersioningArgument?
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            let bucket = store.bucket(try BucketName(name))
            if let set { try await bucket.setVersioning(set.asVersioning) }
            console.emit(BucketRecord(try await bucket.info()))
        }
    }
}

extension Console {
    func emit(_ bucket: BucketRecord) {
        let created = bucket.creationDate.formatted(.iso8601)
        let key = bucket.defaultKmsKeyId.map { " \(quoted($0))" } ?? ""
        let bucketKey = bucket.bucketKeyEnabled ? " with a Bucket Key" : ""
        let blocked = bucket.blockedEncryptionTypes.isEmpty ? "" : ", SSE-C blocked"
        var settings =
            "encryption \(bucket.defaultEncryption)\(key)\(bucketKey)\(blocked)  versioning \(bucket.versioning)"
        if bucket.objectLockEnabled {
            settings += "  object lock" + (bucket.defaultRetention.map { ", by default \($0.text)" } ?? "")
        }
        emit(bucket, text: "\(bucket.name)  created \(created)  \(settings)")
    }
}
#endif
