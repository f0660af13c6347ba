import CStrongroomPKCS11
import Foundation
import StrongroomCrypto
import StrongroomTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import StrongroomKeys
@testable import StrongroomPKCS11Keys

/// A token of a test's own, with its PIN in a file.
final class TestToken: Sendable {
    static let pin = "47 11 é"
    private static let securityOfficerPIN = "security officer"
    let label: String
    let slot: UInt
    let folder = TemporaryFolder()
    let library: FilePath
    let foreign: ForeignLibrary

    var pinFile: FilePath { folder.appending("pin") }

    init() throws {
        let library = try SoftToken.library.get()
        let foreign = try ForeignLibrary.load(library, sha256: nil)
        let label = String(UUID().uuidString.prefix(32))
        self.label = label
        self.library = library
        self.foreign = foreign
        // One token is made at a time, in the slot that is free, and while nobody asks for slots.
        slot = try LibraryLock.of(foreign).withLock { try Self.make(label, Self.functions(foreign)) }
        try TestFile.write((Self.pin + "\n").utf8, to: pinFile)
    }

    private static func functions(_ library: ForeignLibrary) throws -> strongroom_pkcs11_function_list {
        var list: UnsafeMutablePointer<strongroom_pkcs11_function_list>?
        // Safe: the standard gives the symbol of that name this type; the list is constant.
        guard let symbol = unsafe library.symbol("C_GetFunctionList"),
            unsafe unsafeBitCast(symbol, to: strongroom_pkcs11_entry.self)(&list) == 0, let list = unsafe list
        else { throw SoftToken.Failure(description: "\(library) has no functions") }
        return unsafe list.pointee
    }

    var functions: strongroom_pkcs11_function_list {
        get throws { try Self.functions(foreign) }
    }

    // Safe, here and below: what is passed by address is ours and outlives the call.

    private static func make(_ label: String, _ functions: strongroom_pkcs11_function_list) throws -> UInt {
        var arguments = unsafe strongroom_pkcs11_initialize_args()
        unsafe arguments.flags = CKF_OS_LOCKING_OK
        let code = unsafe functions.C_Initialize(&arguments)
        guard code == 0 || code == 0x191 else { throw SoftToken.Failure(description: "C_Initialize: \(code)") }
        let padded = Array(label.utf8) + Array(repeating: UInt8(ascii: " "), count: 32 - label.utf8.count)
        let free = try #require(try slot(functions) { $0.flags & CKF_TOKEN_INITIALIZED == 0 })
        let officer = Array(securityOfficerPIN.utf8)
        try check("C_InitToken", unsafe functions.C_InitToken(free, officer, UInt(officer.count), padded))
        let made = try #require(
            try slot(functions) { info in
                unsafe withUnsafeBytes(of: info.label) { unsafe Array($0) == padded }
            })
        var session: UInt = 0
        try check(
            "C_OpenSession",
            unsafe functions.C_OpenSession(made, CKF_SERIAL_SESSION | CKF_RW_SESSION, nil, nil, &session))
        try check("C_Login", unsafe functions.C_Login(session, CKU_SO, officer, UInt(officer.count)))
        let pin = Array(pin.utf8)
        try check("C_InitPIN", unsafe functions.C_InitPIN(session, pin, UInt(pin.count)))
        try check("C_CloseSession", functions.C_CloseSession(session))
        return made
    }

    private static func slot(
        _ functions: strongroom_pkcs11_function_list, _ isWanted: (strongroom_pkcs11_token_info) -> Bool
    ) throws -> UInt? {
        var count: UInt = 0
        try check("C_GetSlotList", unsafe functions.C_GetSlotList(1, nil, &count))
        var slots = [UInt](repeating: 0, count: Int(count))
        try check("C_GetSlotList", unsafe functions.C_GetSlotList(1, &slots, &count))
        return slots.first { slot in
            var info = strongroom_pkcs11_token_info()
            return unsafe functions.C_GetTokenInfo(slot, &info) == 0 && isWanted(info)
        }
    }

    static func check(_ function: String, _ code: UInt) throws {
        guard code == 0 else { throw SoftToken.Failure(description: "\(function): 0x\(String(code, radix: 16))") }
    }

    // MARK: - As another component of this process

    /// A session of somebody else's, logged in like everybody's.
    func withOtherSession<Value>(_ body: (strongroom_pkcs11_function_list, UInt) throws -> Value) throws -> Value {
        let functions = try functions
        var session: UInt = 0
        try Self.check(
            "C_OpenSession",
            unsafe functions.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nil, nil, &session))
        defer { _ = functions.C_CloseSession(session) }
        let pin = Array(Self.pin.utf8)
        let code = unsafe functions.C_Login(session, CKU_USER, pin, UInt(pin.count))
        guard code == 0 || code == 0x100 else { throw SoftToken.Failure(description: "C_Login: \(code)") }
        return try body(functions, session)
    }

    /// Breaks a call `count` times; for ever where that is -1, and no more where it is 0.
    func fail(_ call: TokenCall, _ code: UInt = 0, count: CInt) throws {
        typealias Set = @convention(c) (UInt, CInt, UInt, CInt) -> Void
        let symbol = unsafe try #require(foreign.symbol("faulty_token_set"))
        unsafe unsafeBitCast(symbol, to: Set.self)(slot, call.rawValue, code, count)
    }

    /// How often a call was made at this token.
    func calls(_ call: TokenCall) throws -> Int {
        typealias Calls = @convention(c) (UInt, CInt) -> CInt
        let symbol = unsafe try #require(foreign.symbol("faulty_token_calls"))
        return Int(unsafe unsafeBitCast(symbol, to: Calls.self)(slot, call.rawValue))
    }

    /// Breaks looks at tokens (C_GetTokenInfo) for this thread alone, `count` times: other tests look at every token.
    func failHere(_ code: UInt, count: CInt) throws {
        typealias Set = @convention(c) (UInt, CInt) -> Void
        let symbol = unsafe try #require(foreign.symbol("faulty_token_set_here"))
        unsafe unsafeBitCast(symbol, to: Set.self)(code, count)
    }

    /// How often this thread has looked at a token since.
    func callsHere() throws -> Int { try number("faulty_token_calls_here") }

    /// How often two threads were in calls at once that only one may make at a time, at whatever token.
    func overlaps() throws -> Int { try number("faulty_token_overlaps") }

    private func number(_ name: String) throws -> Int {
        typealias Number = @convention(c) () -> CInt
        let symbol = unsafe try #require(foreign.symbol(name))
        return Int(unsafe unsafeBitCast(symbol, to: Number.self)())
    }

    // MARK: - As the backend

    /// The token without the contract between.
    func direct() throws -> Token {
        Token(
            try TokenLibrary.load(library, sha256: nil), .slot(slot), pin: SharedSecret(try PINFile.read(pinFile)),
            turn: try TokenTurn(pinFile, host: ProcessKeyBackendHost.silent))
    }

    var settings: [String: String] {
        PKCS11Keys.settings(library: library, token: label, pinFile: pinFile)
    }

    func open(creates: Bool = false, _ changes: [String: String?] = [:]) async throws -> KeyBackendInstance {
        var settings = settings
        for (name, value) in changes { settings[name] = value }
        return try await KeyBackendInstance.open(
            PKCS11Keys.table, configuration: KeyBackendConfiguration(creates: creates, settings: settings))
    }
}

extension KeyBackendInstance {
    func ask(_ operation: String, _ members: [String: JSONValue] = [:]) async throws -> [String: JSONValue] {
        let request = members.merging(["operation": .string(operation)]) { $1 }
        return try JSONValue.object(
            parsing: try await control(ControlRequest(json: JSONValue.object(request).encoded())))
    }

    func isOpened(_ wrapped: WrappedDataKey, to key: SharedSecret, _ context: EncryptionContext = .empty) async throws
        -> Bool
    {
        try await unwrap(wrapped, for: UnwrapRequest(encryptionContext: context)).isEqual(to: key.bytes)
    }
}
