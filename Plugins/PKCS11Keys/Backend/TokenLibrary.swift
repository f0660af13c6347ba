internal import CStrongroomPKCS11
internal import StrongroomCrypto
internal import StrongroomKeys
internal import SystemPackage

/// A PKCS#11 library that is part of this process, and its functions. Every call may block.
///
/// It is never finalised: others in this process may use it, and an end takes the sessions of all.
@safe final class TokenLibrary: @unchecked Sendable {
    // Sendable, because the list is constant, and the library is made ready for calls from all threads or refused.

    private let functions: UnsafePointer<strongroom_pkcs11_function_list>
    private let lock: LibraryLock
    /// The file that was loaded.
    let path: FilePath

    private init(
        _ functions: UnsafePointer<strongroom_pkcs11_function_list>, _ lock: LibraryLock, _ path: FilePath
    ) {
        unsafe self.functions = functions
        self.lock = lock
        self.path = path
    }

    /// Loads a library under the rules for modules, and finds its functions.
    static func load(_ path: FilePath, sha256: [UInt8]?) throws(KeyBackendError) -> TokenLibrary {
        let library: ForeignLibrary
        do throws(KeyBackendError) {
            library = try ForeignLibrary.load(path, sha256: sha256)
        } catch {
            // The setting's mistake, not this module's: what is wrong with modules is not told across the contract.
            guard error.code == .untrustedModule else { throw error }
            throw KeyBackendError(.invalidRequest, error.message, underlying: error.underlying)
        }
        guard let symbol = unsafe library.symbol(STRONGROOM_PKCS11_ENTRY_SYMBOL) else {
            throw KeyBackendError(
                .invalidRequest,
                "\(path) is no PKCS#11 library: it has no function \(STRONGROOM_PKCS11_ENTRY_SYMBOL).")
        }
        // Safe: the standard gives the symbol of that name this type.
        let entry = unsafe unsafeBitCast(symbol, to: strongroom_pkcs11_entry.self)
        var list: UnsafeMutablePointer<strongroom_pkcs11_function_list>?
        // Safe: the list is the library's own and constant, and the library is never unloaded.
        let code = unsafe ReturnCode(rawValue: entry(&list))
        guard code == .ok, let list = unsafe list, unsafe hasFunctions(list.pointee) else {
            throw KeyBackendError(
                .invalidRequest,
                "\(path) gives out no list of functions as PKCS#11 2.x and 3.x have it (\(code)); use another library."
            )
        }
        return unsafe TokenLibrary(UnsafePointer(list), LibraryLock.of(library), path)
    }

    /// All that is called here is there.
    private static func hasFunctions(_ list: strongroom_pkcs11_function_list) -> Bool {
        // Safe: pointers are only compared with none.
        unsafe (2...3).contains(list.version.major) && list.C_Initialize != nil && list.C_GetSlotList != nil
            && list.C_GetTokenInfo != nil && list.C_GetMechanismInfo != nil && list.C_OpenSession != nil
            && list.C_CloseSession != nil && list.C_GetSessionInfo != nil && list.C_Login != nil
            && list.C_DestroyObject != nil && list.C_GetAttributeValue != nil && list.C_FindObjectsInit != nil
            && list.C_FindObjects != nil && list.C_FindObjectsFinal != nil && list.C_SignInit != nil
            && list.C_Sign != nil && list.C_GenerateKey != nil
    }

    // Safe, here and below: all functions were found when the library was loaded; what is passed by address is ours and
    // outlives the call, which by the standard keeps nothing.

    /// Makes the library ready, unless somebody in this process has: us before, or another component.
    func initialize() throws(TokenFailure) {
        let code = lock.withLock {
            var arguments = unsafe strongroom_pkcs11_initialize_args()
            unsafe arguments.flags = CKF_OS_LOCKING_OK
            return unsafe ReturnCode(rawValue: functions.pointee.C_Initialize(&arguments))
        }
        guard code == .ok || code == .alreadyInitialized else { throw .call("C_Initialize", code) }
    }

    // MARK: - Slots and tokens

    /// The slots with a token.
    func slots() throws(TokenFailure) -> [UInt] {
        try lock.withLock { () throws(TokenFailure) in try slotsNow() }
    }

    private func slotsNow() throws(TokenFailure) -> [UInt] {
        // Tokens come and go between two calls.
        for _ in 0..<8 {
            var count: UInt = 0
            try check("C_GetSlotList", unsafe functions.pointee.C_GetSlotList(1, nil, &count))
            if count == 0 { return [] }
            guard count <= 4096 else { throw .call("C_GetSlotList", .generalError) }
            var slots = [UInt](repeating: 0, count: Int(count))
            let code = unsafe ReturnCode(rawValue: functions.pointee.C_GetSlotList(1, &slots, &count))
            if code == .bufferTooSmall { continue }
            guard code == .ok, Int(clamping: count) <= slots.count else { throw .call("C_GetSlotList", code) }
            return Array(slots.prefix(Int(count)))
        }
        throw .call("C_GetSlotList", .bufferTooSmall)
    }

    func tokenInfo(_ slot: UInt) throws(TokenFailure) -> TokenInfo {
        var info = strongroom_pkcs11_token_info()
        try check("C_GetTokenInfo", unsafe functions.pointee.C_GetTokenInfo(slot, &info))
        return TokenInfo(info, slot: slot)
    }

    /// What the token does with a mechanism (CKF_…); none where it does not know it.
    func mechanismFlags(_ mechanism: UInt, slot: UInt) throws(TokenFailure) -> UInt {
        var info = strongroom_pkcs11_mechanism_info()
        let code = unsafe ReturnCode(rawValue: functions.pointee.C_GetMechanismInfo(slot, mechanism, &info))
        if code == .mechanismInvalid { return 0 }
        guard code == .ok else { throw .call("C_GetMechanismInfo", code) }
        return info.flags
    }

    // MARK: - Sessions

    func openSession(_ slot: UInt, isWritable: Bool) throws(TokenFailure) -> UInt {
        var session: UInt = 0
        let flags = CKF_SERIAL_SESSION | (isWritable ? CKF_RW_SESSION : 0)
        try check("C_OpenSession", unsafe functions.pointee.C_OpenSession(slot, flags, nil, nil, &session))
        return session
    }

    /// Says nothing where it fails: then there is no such session any more.
    func closeSession(_ session: UInt) { _ = unsafe functions.pointee.C_CloseSession(session) }

    func isLoggedIn(_ session: UInt) throws(TokenFailure) -> Bool {
        var info = strongroom_pkcs11_session_info()
        try check("C_GetSessionInfo", unsafe functions.pointee.C_GetSessionInfo(session, &info))
        return info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS
    }

    func login(_ session: UInt, _ pin: borrowing SecretBytes) throws(TokenFailure) -> ReturnCode {
        try pin.withBytes { (pin) throws(TokenFailure) in
            unsafe pin.withUnsafeBytes { pin in
                let text = unsafe pin.assumingMemoryBound(to: UInt8.self)
                return unsafe ReturnCode(
                    rawValue: functions.pointee.C_Login(session, CKU_USER, text.baseAddress, UInt(text.count)))
            }
        }
    }

    // MARK: - Objects

    /// The objects that have all of these attributes.
    func objects(_ session: UInt, with attributes: [TokenAttribute]) throws(TokenFailure) -> [UInt] {
        let code = unsafe TokenAttribute.withTemplate(attributes) {
            unsafe functions.pointee.C_FindObjectsInit(session, $0, $1)
        }
        try check("C_FindObjectsInit", code)
        var found: [UInt] = []
        while found.count <= Self.objectCountMax {
            var batch = [UInt](repeating: 0, count: 64)
            var count: UInt = 0
            try check(
                "C_FindObjects", unsafe functions.pointee.C_FindObjects(session, &batch, UInt(batch.count), &count))
            if count == 0 { break }
            found += batch.prefix(Int(clamping: count))
        }
        // Before anything is refused: in a session that is kept, the next search could not begin.
        try check("C_FindObjectsFinal", unsafe functions.pointee.C_FindObjectsFinal(session))
        guard found.count <= Self.objectCountMax else {
            throw .refused(
                .unavailable,
                "The token has more than \(Self.objectCountMax) secret keys; give Strongroom a token of its own.")
        }
        return found
    }

    private static let objectCountMax = 1 << 14

    /// The values of attributes, each of at most the size that is given; nil for one that the token does not tell, or
    /// that is larger.
    func values(
        _ session: UInt, _ object: UInt, _ parts: [(type: UInt, sizeBytes: Int)]
    ) throws(TokenFailure) -> [[UInt8]?] {
        var room = [UInt8](repeating: 0, count: parts.reduce(0) { $0 + $1.sizeBytes })
        var lengths: [UInt] = []
        let code = unsafe TokenAttribute.withTemplate(parts, &room) { template, count in
            let code = unsafe functions.pointee.C_GetAttributeValue(session, object, template, count)
            lengths = (0..<Int(count)).map { unsafe template[$0].value_length }
            return ReturnCode(rawValue: code)
        }
        // All others that can be told are told with these codes, too.
        guard [.ok, .attributeSensitive, .attributeTypeInvalid, .bufferTooSmall].contains(code) else {
            throw .call("C_GetAttributeValue", code)
        }
        var offset = 0
        return zip(parts, lengths).map { part, length in
            defer { offset += part.sizeBytes }
            return length <= UInt(part.sizeBytes) ? Array(room[offset..<offset + Int(length)]) : nil
        }
    }

    func generateKey(
        _ session: UInt, _ mechanism: UInt, _ attributes: [TokenAttribute]
    ) throws(TokenFailure) -> UInt {
        var mechanism = unsafe strongroom_pkcs11_mechanism(mechanism: mechanism, parameter: nil, parameter_length: 0)
        var key: UInt = 0
        let code = unsafe TokenAttribute.withTemplate(attributes) {
            unsafe functions.pointee.C_GenerateKey(session, &mechanism, $0, $1, &key)
        }
        try check("C_GenerateKey", code)
        return key
    }

    func destroyObject(_ session: UInt, _ object: UInt) throws(TokenFailure) {
        try check("C_DestroyObject", unsafe functions.pointee.C_DestroyObject(session, object))
    }

    /// Fills `code` with what `key` makes of `message`.
    func sign(
        _ session: UInt, _ mechanism: UInt, _ key: UInt, _ message: [UInt8], into code: inout MutableRawSpan
    ) throws(TokenFailure) {
        var mechanism = unsafe strongroom_pkcs11_mechanism(mechanism: mechanism, parameter: nil, parameter_length: 0)
        try check("C_SignInit", unsafe functions.pointee.C_SignInit(session, &mechanism, key))
        let expected = code.byteCount
        var count = UInt(expected)
        let answer = unsafe code.withUnsafeMutableBytes { room in
            let bytes = unsafe room.assumingMemoryBound(to: UInt8.self)
            return unsafe functions.pointee.C_Sign(session, message, UInt(message.count), bytes.baseAddress, &count)
        }
        try check("C_Sign", answer)
        guard count == UInt(expected) else {
            throw .refused(.moduleFault, "The token answered with a code of \(count) bytes, not of \(expected).")
        }
    }

    private func check(_ function: String, _ code: UInt) throws(TokenFailure) {
        guard code == ReturnCode.ok.rawValue else { throw .call(function, ReturnCode(rawValue: code)) }
    }
}
