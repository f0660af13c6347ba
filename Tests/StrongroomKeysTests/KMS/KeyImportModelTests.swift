import StrongroomCrypto
import StrongroomKeys
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomKMS

/// Imported materials come, wait, seal, expire and go at random, and a plain model says how each step must end.
@Suite struct KeyImportModelTests {
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func theKeyDoesWhatTheModelSays(_ seed: UInt64) async throws {
        var run = try await KeyImportModelRun(seed: seed)
        for _ in 0..<150 {
            try await run.step()
            try await run.check()
        }
    }
}

private struct KeyImportModelRun {
    struct Material {
        var byte: UInt8
        var id: String
        var isThere = true
        var expires: Int64?
    }

    struct Sealed {
        var wrapped: WrappedDataKey
        var dataKey: SharedSecret
    }

    private let folder = TemporaryFolder()
    private let host = ClockedHost()
    private var random: SplitMix64
    private var service: KeyService
    private let arn: String
    /// Oldest first.
    private var known: [Material] = []
    private var hasPending = false
    private var isDisabled = false
    private var sealed: [Sealed] = []

    init(seed: UInt64) async throws {
        random = SplitMix64(state: seed)
        service = try await KeyService.open(keyring: folder.path.appending("keyring"), creates: true, host: host)
        arn = try await service.createKey(origin: .external).arn
    }

    private var associated: ArraySlice<Material> { hasPending ? known.dropLast() : known[...] }
    private var isComplete: Bool { !known.isEmpty && associated.allSatisfy(\.isThere) }
    /// How whatever uses the key ends.
    private var refusal: KeyServiceError.Code? { !isComplete ? .invalidState : isDisabled ? .disabled : nil }

    mutating func step() async throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<45: try await importMaterial()
        case 45..<55: try await delete()
        case 55..<70: try await rotate()
        case 70..<76: try await setEnabled(Bool.random(using: &random))
        case 76..<86: try await seal()
        case 86..<93: passTime()
        default:
            await service.close()
            service = try await KeyService.open(keyring: folder.path.appending("keyring"), host: host)
        }
    }

    // MARK: - Steps

    private mutating func importMaterial() async throws {
        let byte = UInt8.random(in: 1...6, using: &random)
        let type = [nil, KeyImportType.new, .existing].randomElement(using: &random)!
        let index = known.firstIndex { $0.byte == byte }
        let named = Int.random(in: 0..<3, using: &random) == 0 ? known.randomElement(using: &random) : nil
        let days = Int64.random(in: 1...20, using: &random)
        let expires = Bool.random(using: &random) ? nil : host.wallMilliseconds() + days * 86_400_000
        let expected = importRefusal(type, index, named?.id)
        let bytes = [UInt8](repeating: byte, count: 32)
        // Safe: a UInt8 is raw bytes.
        let secret = try SecretBytes(copying: unsafe bytes.span.bytes)
        var found: KeyServiceError.Code?
        do throws(KeyServiceError) {
            _ = try await service.importKeyMaterial(
                into: arn, secret, type: type, materialID: named?.id, expiresMilliseconds: expires)
        } catch {
            found = error.code
        }
        #expect(found == expected, "\(type?.rawValue ?? "no type"), \(index ?? -1) of \(known.count)")
        guard expected == nil else { return }
        let wasComplete = isComplete
        if let index {
            (known[index].isThere, known[index].expires) = (true, expires)
        } else {
            let id = try await service.listRotations(arn).items.last!.materialID
            hasPending = !known.isEmpty
            known.append(Material(byte: byte, id: id, expires: expires))
        }
        if isComplete && !wasComplete { isDisabled = false }
    }

    private func importRefusal(_ type: KeyImportType?, _ index: Int?, _ id: String?) -> KeyServiceError.Code? {
        if type == .new && id != nil { return .validation }
        if type == .new || (type == nil && known.isEmpty) {
            let isPending = hasPending && index == known.count - 1
            if index != nil && !isPending { return .incorrectKeyMaterial }
            return hasPending && !isPending ? .invalidState : nil
        }
        guard let index else { return .incorrectKeyMaterial }
        return id == nil || id == known[index].id ? nil : .incorrectKeyMaterial
    }

    private mutating func delete() async throws {
        let named = Bool.random(using: &random) ? nil : known.randomElement(using: &random)
        _ = try await service.deleteImportedKeyMaterial(of: arn, materialID: named?.id)
        let id = named?.id ?? associated.last?.id
        drop { $0.id == id }
    }

    private mutating func drop(_ isDropped: (Material) -> Bool) {
        if hasPending, let last = known.last, isDropped(last) {
            known.removeLast()
            hasPending = false
        }
        for index in known.indices where isDropped(known[index]) {
            (known[index].isThere, known[index].expires) = (false, nil)
        }
    }

    private mutating func rotate() async throws {
        let expected = refusal ?? (hasPending ? nil : .invalidState)
        #expect(try await code { _ = try await service.rotateKey(arn) } == expected)
        if expected == nil { hasPending = false }
    }

    private mutating func setEnabled(_ isEnabled: Bool) async throws {
        let found = try await code {
            _ = isEnabled ? try await service.enableKey(arn) : try await service.disableKey(arn)
        }
        #expect(found == (isComplete ? nil : .invalidState))
        if isComplete { isDisabled = !isEnabled }
    }

    private mutating func seal() async throws {
        do throws(KeyServiceError) {
            let made = try await service.generateDataKey(keyID: arn)
            #expect(refusal == nil && made.wrapped.keyVersion == associated.last?.id)
            let wrapped = made.wrapped
            sealed.append(Sealed(wrapped: wrapped, dataKey: SharedSecret(made.takePlaintext())))
        } catch {
            #expect(error.code == refusal)
        }
    }

    private mutating func passTime() {
        host.pass(days: Double.random(in: 0..<6, using: &random))
        let now = host.wallMilliseconds()
        drop { $0.isThere && ($0.expires ?? .max) <= now }
    }

    // MARK: - The whole

    func check() async throws {
        let key = try await service.describeKey(arn)
        #expect(key.state == (!isComplete ? .pendingImport : isDisabled ? .disabled : .enabled))
        let current = associated.last.flatMap { $0.isThere ? $0.id : nil }
        #expect(key.currentMaterialID == current)
        #expect(key.pendingMaterialID == (hasPending ? known.last?.id : nil))
        #expect(key.materialCount == associated.count(where: \.isThere))
        #expect(key.expiryMilliseconds == associated.compactMap(\.expires).min())
        let rotations = try await service.listRotations(arn).items
        #expect(rotations.map(\.materialID) == known.map(\.id))
        #expect(rotations.map { $0.importState == .imported } == known.map(\.isThere))
        #expect(rotations.map(\.expiryMilliseconds) == known.map(\.expires))
        for (index, rotation) in rotations.enumerated() {
            let isPending = hasPending && index == known.count - 1
            let isLast = index == associated.count - 1
            #expect(rotation.state == (isPending ? .pendingRotation : isLast ? .current : .nonCurrent))
        }
        let only = try await service.listRotations(arn, including: .rotationsOnly).items
        #expect(only.map(\.materialID) == associated.dropFirst().map(\.id))
        guard refusal == nil else { return }
        for each in sealed {
            #expect(try await service.decrypt(each.wrapped).isEqual(to: each.dataKey.bytes))
        }
    }
}
