internal import CStrongroomKeyBackend

/// How the host answers a module that asks what hangs on a key.
@safe enum HostDependencies {
    static func answer(
        _ host: UInt64, _ keyID: strongroom_key_bytes, _ version: strongroom_key_bytes,
        _ done: strongroom_key_dependencies_done?, _ user: UnsafeMutableRawPointer?
    ) {
        guard let done = unsafe done else { return }
        let callback = unsafe DependenciesCallback(done: done, user: user)
        // Safe: the module vouches for the bytes for the length of this call; they are copied.
        guard let keyID = unsafe text(keyID, sizeBytesMax: STRONGROOM_KEY_ID_MAX), !keyID.isEmpty,
            let version = unsafe text(version, sizeBytesMax: STRONGROOM_KEY_VERSION_MAX)
        else { return callback(.unknown("The question names no key.")) }
        let services = HostTable.services(host)
        Task { callback(await services.dependencies(on: keyID, version: version.isEmpty ? nil : version)) }
    }

    private static func text(_ bytes: strongroom_key_bytes, sizeBytesMax: Int) -> String? {
        guard unsafe bytes.size <= UInt64(sizeBytesMax) else { return nil }
        guard unsafe bytes.size > 0 else { return "" }
        // Safe: as the caller of `answer` vouches.
        let copy = unsafe [UInt8](UnsafeRawBufferPointer(start: bytes.data, count: Int(bytes.size)))
        return String(validating: copy, as: UTF8.self)
    }
}

/// Whom to tell what hangs on the key.
@safe private struct DependenciesCallback: @unchecked Sendable {
    // Sendable, because the contract lets the host call it from any thread, and `user` is only handed back.

    private let done: strongroom_key_dependencies_done
    private let user: UnsafeMutableRawPointer?

    init(done: @escaping strongroom_key_dependencies_done, user: UnsafeMutableRawPointer?) {
        unsafe self.done = done
        unsafe self.user = user
    }

    func callAsFunction(_ found: KeyDependencies) {
        let document = found.document
        // Safe: the structure and the document live for the length of the call, as the contract says.
        unsafe document.withUnsafeBufferPointer { document in
            var answer = unsafe strongroom_key_dependencies(
                size: UInt64(MemoryLayout<strongroom_key_dependencies>.size), is_known: found.isKnown ? 1 : 0,
                store_count: UInt32(clamping: found.storeCount), object_count: found.objectCount,
                upload_count: found.uploadCount, byte_count: found.bytes, locked_count: found.lockedCount,
                locked_until_milliseconds: found.lockedUntilMilliseconds ?? 0,
                document: strongroom_key_bytes(data: document.baseAddress, size: UInt64(document.count)))
            unsafe done(user, &answer)
        }
    }
}

extension KeyDependencies {
    private static let documentSizeBytesMax: UInt64 = 1 << 20

    /// What the host's structure says. One that cannot be read says nothing.
    init(_ answer: UnsafePointer<strongroom_key_dependencies>?) {
        // Safe: valid until the callback that received it returns, and no larger than its first member says: nothing
        // else is read, nor the whole copied, before that one.
        guard let pointer = unsafe answer,
            unsafe pointer.pointee.size >= UInt64(MemoryLayout<strongroom_key_dependencies>.size),
            case let answer = unsafe pointer.pointee, unsafe answer.document.size <= Self.documentSizeBytesMax
        else {
            self = .unknown("The host's answer cannot be read.")
            // Who answers has a store: without any there would be nobody whom a key's end could hurt.
            storeCount = 1
            return
        }
        let document = unsafe [UInt8](
            UnsafeRawBufferPointer(start: answer.document.data, count: Int(answer.document.size)))
        self = unsafe .unknown(answer.is_known == 1 ? nil : "Not every store of the process could be asked.")
        if let (places, unknown) = Self.read(document) {
            self.places = places
            if let unknown, !isKnown { self.unknown = unknown }
        }
        storeCount = unsafe Int(answer.store_count)
        objectCount = unsafe answer.object_count
        uploadCount = unsafe answer.upload_count
        bytes = unsafe answer.byte_count
        lockedCount = unsafe answer.locked_count
        let end = unsafe answer.locked_until_milliseconds
        lockedUntilMilliseconds = lockedCount > 0 && end != 0 ? end : nil
    }
}
