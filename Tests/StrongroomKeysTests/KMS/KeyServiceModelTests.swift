import StrongroomCrypto
import StrongroomKeys
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomKMS

/// Random operations, and a plain model that says how each must end.
@Suite struct KeyServiceModelTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func theServiceDoesWhatTheModelSays(_ seed: UInt64) async throws {
        var run = try await KeyServiceModelRun(seed: seed)
        for _ in 0..<400 { try await run.step() }
        try await run.checkAll()
    }
}

/// What the service should hold.
private struct KeyModel {
    struct Key {
        var arn: String
        var isEnabled = true
        /// When it goes; it does nothing until that is taken back.
        var deletion: Int64?
        var isServiceOwn = false
        /// When it rotates next, and after how many days again.
        var rotation: (next: Int64, days: Int)?
        var materials: [String]
        var rotationsOnDemand = 0
        var requests = 0

        /// How an operation that uses the key ends.
        var refusal: KeyServiceError.Code? { deletion != nil ? .invalidState : isEnabled ? nil : .disabled }
    }

    struct Sealed {
        var wrapped: WrappedDataKey
        var dataKey: SharedSecret
        var context: EncryptionContext
        var keyID: String
    }

    var keys: [String: Key] = [:]
    var aliases: [String: String] = [:]
    var sealed: [Sealed] = []
}

private struct KeyServiceModelRun {
    private let folder = TemporaryFolder()
    private let host = ClockedHost()
    private var random: SplitMix64
    private var service: KeyService
    private var model = KeyModel()

    init(seed: UInt64) async throws {
        random = SplitMix64(state: seed)
        service = try await KeyService.open(
            keyring: folder.path.appending("keyring"), creates: true, host: host)
        let first = try await service.describeKey()
        model.keys[first.keyID] = KeyModel.Key(
            arn: first.arn, isServiceOwn: true, materials: [first.currentMaterialID!], requests: 1)
        model.aliases[KeyService.defaultKeyID] = first.keyID
    }

    mutating func step() async throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<6: try await createKey()
        case 6..<8: try await passTime()
        case 8..<16: try await createAlias()
        case 16..<22: try await updateAlias()
        case 22..<26: try await deleteAlias()
        case 26..<34: try await rotate()
        case 34..<38: try await disable()
        case 38..<46: try await enable()
        case 46..<48: try await scheduleDeletion()
        case 48..<52: try await cancelDeletion()
        case 52..<54: try await setRotation()
        case 54..<72: try await generate()
        case 72..<85: try await decrypt()
        case 85..<96: try await reEncrypt()
        default: try await reopen()
        }
    }

    private func anyKey(_ random: inout SplitMix64) -> String {
        model.keys.keys.sorted().randomElement(using: &random)!
    }

    /// One of the four ways to name a key; an alias only where it has one.
    private func name(of id: String, _ random: inout SplitMix64) -> String {
        var names = [id, model.keys[id]!.arn]
        if let alias = model.aliases.keys.sorted().first(where: { model.aliases[$0] == id }) {
            names += [alias, "arn:aws:kms:us-east-1:000000000000:\(alias)"]
        }
        return names.randomElement(using: &random)!
    }

    private func anyAlias(_ random: inout SplitMix64) -> String { "alias/a\(Int.random(in: 0..<12, using: &random))" }

    /// Runs an operation that must end with the code given; nil means that it must work.
    private func expect<Value: ~Copyable>(
        _ code: KeyServiceError.Code?, _ body: () async throws(KeyServiceError) -> Value
    ) async -> Value? {
        do throws(KeyServiceError) {
            let value = try await body()
            #expect(code == nil)
            return value
        } catch {
            #expect(error.code == code, "\(error)")
            return nil
        }
    }

    // MARK: - Steps

    private mutating func createKey() async throws {
        let made = try await service.createKey(description: "key \(model.keys.count)")
        #expect(model.keys[made.keyID] == nil)
        model.keys[made.keyID] = KeyModel.Key(arn: made.arn, materials: [made.currentMaterialID!], requests: 1)
    }

    private mutating func createAlias() async throws {
        let (name, id) = (anyAlias(&random), anyKey(&random))
        let code: KeyServiceError.Code? =
            model.keys[id]!.deletion != nil ? .invalidState : model.aliases[name] == nil ? nil : .alreadyExists
        _ = await expect(code) { () throws(KeyServiceError) in
            try await service.createAlias(name, targetKeyID: id)
        }
        model.keys[id]!.requests += 1
        if code == nil { model.aliases[name] = id }
    }

    private mutating func updateAlias() async throws {
        let (name, id) = (anyAlias(&random), anyKey(&random))
        let code: KeyServiceError.Code? =
            model.keys[id]!.deletion != nil ? .invalidState : model.aliases[name] == nil ? .notFound : nil
        _ = await expect(code) { () throws(KeyServiceError) in
            try await service.updateAlias(name, targetKeyID: id)
        }
        model.keys[id]!.requests += 1
        if code == nil { model.aliases[name] = id }
    }

    private mutating func deleteAlias() async throws {
        let name = anyAlias(&random)
        let id = model.aliases.removeValue(forKey: name)
        _ = await expect(id == nil ? .notFound : nil) { () throws(KeyServiceError) in
            try await service.deleteAlias(name)
        }
        if let id { model.keys[id]!.requests += 1 }
    }

    private mutating func rotate() async throws {
        let id = anyKey(&random)
        let name = name(of: id, &random)
        let key = model.keys[id]!
        let code: KeyServiceError.Code? = key.refusal ?? (key.rotationsOnDemand == 25 ? .limitExceeded : nil)
        let rotated = await expect(code) { () throws(KeyServiceError) in try await service.rotateKey(name) }
        model.keys[id]!.requests += 1
        if let rotated {
            #expect(!key.materials.contains(rotated.currentMaterialID!))
            model.keys[id]!.materials.append(rotated.currentMaterialID!)
            model.keys[id]!.rotationsOnDemand += 1
        }
    }

    private mutating func disable() async throws { try await set(isEnabled: false) }

    private mutating func enable() async throws {
        try await set(isEnabled: true)
        // What was due meanwhile happens with the next call.
        try await settle()
    }

    private mutating func set(isEnabled: Bool) async throws {
        let id = anyKey(&random)
        let name = name(of: id, &random)
        let code: KeyServiceError.Code? = model.keys[id]!.deletion == nil ? nil : .invalidState
        let changed = await expect(code) { () throws(KeyServiceError) in
            isEnabled ? try await service.enableKey(name) : try await service.disableKey(name)
        }
        model.keys[id]!.requests += 1
        guard let changed else { return }
        #expect(changed.state == (isEnabled ? .enabled : .disabled))
        model.keys[id]!.isEnabled = isEnabled
    }

    private mutating func scheduleDeletion() async throws {
        let id = anyKey(&random)
        let days = Int.random(in: 7...30, using: &random)
        let key = model.keys[id]!
        let code: KeyServiceError.Code? = key.deletion != nil ? .invalidState : key.isServiceOwn ? .accessDenied : nil
        let scheduled = await expect(code) { () throws(KeyServiceError) in
            try await service.scheduleKeyDeletion(id, pendingWindowDays: days)
        }
        model.keys[id]!.requests += 1
        if scheduled != nil { model.keys[id]!.deletion = host.wallMilliseconds() + Int64(days) * 86_400_000 }
    }

    private mutating func cancelDeletion() async throws {
        let id = anyKey(&random)
        let code: KeyServiceError.Code? = model.keys[id]!.deletion == nil ? .invalidState : nil
        let back = await expect(code) { () throws(KeyServiceError) in try await service.cancelKeyDeletion(id) }
        model.keys[id]!.requests += 1
        guard let back else { return }
        #expect(back.state == .disabled)
        model.keys[id]!.deletion = nil
        model.keys[id]!.isEnabled = false
    }

    private mutating func setRotation() async throws {
        let id = anyKey(&random)
        let days = Int.random(in: 0..<3, using: &random) == 0 ? nil : Int.random(in: 90...120, using: &random)
        let status = await expect(model.keys[id]!.refusal) { () throws(KeyServiceError) in
            if let days { return try await service.enableKeyRotation(id, periodDays: days) }
            return try await service.disableKeyRotation(id)
        }
        model.keys[id]!.requests += 1
        guard let status else { return }
        model.keys[id]!.rotation = days.map { (host.wallMilliseconds() + Int64($0) * 86_400_000, $0) }
        #expect(status.nextMilliseconds == model.keys[id]!.rotation?.next)
    }

    /// Up to two months at once, so that deletions and rotations fall due together.
    private mutating func passTime() async throws {
        host.pass(days: Double.random(in: 0..<60, using: &random))
        try await settle()
    }

    /// What the service does before any call that comes now.
    private mutating func settle() async throws {
        let now = host.wallMilliseconds()
        for (id, key) in model.keys where (key.deletion ?? .max) <= now {
            model.keys[id] = nil
            model.aliases = model.aliases.filter { $0.value != id }
            model.sealed.removeAll { $0.keyID == id }
        }
        for (id, key) in model.keys where key.isEnabled && key.deletion == nil && (key.rotation?.next ?? .max) <= now {
            let current = try await service.describeKey(id).currentMaterialID!
            #expect(!key.materials.contains(current))
            model.keys[id]!.requests += 1
            model.keys[id]!.materials.append(current)
            model.keys[id]!.rotation!.next = now + Int64(key.rotation!.days) * 86_400_000
        }
    }

    private mutating func generate() async throws {
        let id = anyKey(&random)
        let name = name(of: id, &random)
        let context = try EncryptionContext(["aws:s3:arn": "arn:aws:s3:::b/\(Int.random(in: 0..<3, using: &random))"])
        let generated = await expect(model.keys[id]!.refusal) { () throws(KeyServiceError) in
            try await service.generateDataKey(keyID: name, encryptionContext: context)
        }
        model.keys[id]!.requests += 1
        guard let generated else { return }
        let wrapped = generated.wrapped
        #expect(wrapped.keyID == model.keys[id]!.arn)
        #expect(wrapped.keyVersion == model.keys[id]!.materials.last)
        #expect(wrapped.bytes.count == 104)
        let secret = SharedSecret(generated.takePlaintext())
        model.sealed.append(KeyModel.Sealed(wrapped: wrapped, dataKey: secret, context: context, keyID: id))
    }

    private mutating func decrypt() async throws {
        guard let sealed = model.sealed.randomElement(using: &random) else { return }
        let refusal = model.keys[sealed.keyID]!.refusal
        let opened = await expect(refusal) { () throws(KeyServiceError) in
            try await service.decrypt(sealed.wrapped, encryptionContext: sealed.context)
        }
        model.keys[sealed.keyID]!.requests += 1
        if let opened { #expect(try opened.isEqual(to: sealed.dataKey.bytes)) }
        // Under another context, or under another key, it opens nothing.
        let other = try EncryptionContext(["aws:s3:arn": "arn:aws:s3:::b"])
        _ = await expect(refusal ?? .invalidCiphertext) { () throws(KeyServiceError) in
            try await service.decrypt(sealed.wrapped, encryptionContext: other)
        }
        model.keys[sealed.keyID]!.requests += 1
        let id = anyKey(&random)
        guard id != sealed.keyID else { return }
        var swapped = sealed.wrapped
        swapped.keyID = model.keys[id]!.arn
        _ = await expect(model.keys[id]!.refusal ?? .incorrectKey) { () throws(KeyServiceError) in
            try await service.decrypt(swapped, encryptionContext: sealed.context)
        }
        model.keys[id]!.requests += 1
    }

    private mutating func reEncrypt() async throws {
        guard let index = model.sealed.indices.randomElement(using: &random) else { return }
        let sealed = model.sealed[index]
        let key = model.keys[sealed.keyID]!
        let rewrapped = await expect(key.refusal) { () throws(KeyServiceError) in
            try await service.rewrap(sealed.wrapped, encryptionContext: sealed.context)
        }
        model.keys[sealed.keyID]!.requests += 1
        guard let rewrapped else { return }
        #expect(rewrapped.keyID == key.arn && rewrapped.keyVersion == key.materials.last)
        model.sealed[index].wrapped = rewrapped
    }

    private mutating func reopen() async throws {
        try await checkAll()
        await service.close()
        service = try await KeyService.open(keyring: folder.path.appending("keyring"), host: host)
        for id in model.keys.keys { model.keys[id]!.requests = 0 }
    }

    // MARK: - The whole

    func checkAll() async throws {
        let status = try await service.status()
        #expect(status.keyCount == model.keys.count && status.aliasCount == model.aliases.count)
        var keys: [String] = []
        var marker: String?
        repeat {
            let page = try await service.listKeys(limit: 3, marker: marker)
            for key in page.items {
                keys.append(key.keyID)
                let expected = try #require(model.keys[key.keyID])
                let state: KeyState =
                    expected.deletion != nil ? .pendingDeletion : expected.isEnabled ? .enabled : .disabled
                #expect(key.arn == expected.arn && key.state == state)
                #expect(key.deletionMilliseconds == expected.deletion)
                #expect(key.currentMaterialID == expected.materials.last)
                // Those for this very check are not in the model.
                let counts = try await service.requestCounts(of: key.keyID).filter { $0.key != .listRotations }
                #expect(counts.values.reduce(0, +) == expected.requests)
                #expect(try await service.listRotations(key.arn).items.map(\.materialID) == expected.materials)
            }
            marker = page.nextMarker
        } while marker != nil
        #expect(keys == model.keys.keys.sorted())
        let aliases = try await service.listAliases(limit: 1000).items
        #expect(aliases.map(\.name) == model.aliases.keys.sorted())
        #expect(aliases.allSatisfy { model.aliases[$0.name] == $0.targetKeyID })
    }
}
