#if RemoteKMS
public import CStrongroomKeyBackend
internal import StrongroomKeys
internal import StrongroomRemoteKMSKeys

/// What makes the remote key service a module. It stands in a target of its own, because a program that links two such
/// functions does not link.
@c(strongroom_key_backend_v1)
public func strongroomKeyBackend(
    _ hostMajor: UInt32, _ hostMinor: UInt32
) -> UnsafePointer<strongroom_key_module>? {
    // Every minor version of a host of our major can be worked with. Safe: the table is never freed.
    hostMajor == UInt32(STRONGROOM_KEY_ABI_MAJOR) ? unsafe RemoteKMSKeys.table.pointer : nil
}
#endif
