internal import CStrongroomKeyBackend

extension KeyBackendError.Code {
    /// The contract's codes beside ours. What is not here (a refused module, a closed instance) never crosses.
    private static let table: [(code: KeyBackendError.Code, status: Int)] = [
        (.keyNotFound, STRONGROOM_KEY_E_KEY_NOT_FOUND),
        (.keyDisabled, STRONGROOM_KEY_E_KEY_DISABLED),
        (.invalidKeyState, STRONGROOM_KEY_E_INVALID_KEY_STATE),
        (.invalidCiphertext, STRONGROOM_KEY_E_INVALID_CIPHERTEXT),
        (.incorrectKey, STRONGROOM_KEY_E_INCORRECT_KEY),
        (.accessDenied, STRONGROOM_KEY_E_ACCESS_DENIED),
        (.throttled, STRONGROOM_KEY_E_THROTTLED),
        (.unavailable, STRONGROOM_KEY_E_UNAVAILABLE),
        (.deadlineExceeded, STRONGROOM_KEY_E_DEADLINE_EXCEEDED),
        (.cancelled, STRONGROOM_KEY_E_CANCELLED),
        (.invalidRequest, STRONGROOM_KEY_E_INVALID_REQUEST),
        (.unsupported, STRONGROOM_KEY_E_UNSUPPORTED),
        (.moduleFault, STRONGROOM_KEY_E_MODULE_FAULT),
        (.wrongSecret, STRONGROOM_KEY_E_WRONG_SECRET),
        (.keyringDamaged, STRONGROOM_KEY_E_KEYRING_DAMAGED),
        (.keyringMissing, STRONGROOM_KEY_E_KEYRING_MISSING),
        (.keyringExists, STRONGROOM_KEY_E_KEYRING_EXISTS),
        (.unsafePermissions, STRONGROOM_KEY_E_UNSAFE_PERMISSIONS),
        (.auditUnavailable, STRONGROOM_KEY_E_AUDIT_UNAVAILABLE),
        (.keyInUse, STRONGROOM_KEY_E_KEY_IN_USE),
    ]

    /// The code of a status that means failure; an unknown one is a fault of the module.
    init(status: Int32) {
        self = Self.table.first { $0.status == Int(status) }?.code ?? .moduleFault
    }

    /// The status that says this across the contract.
    var status: Int32 {
        Int32(Self.table.first { $0.code == self }?.status ?? STRONGROOM_KEY_E_MODULE_FAULT)
    }
}
