package import StrongroomAudit
internal import StrongroomKeyring
package import StrongroomKeys
internal import StrongroomSystem

extension KeyringTrail {
    /// The record of a call, as far as that is the same for every keyring.
    ///
    /// - Parameters:
    ///   - name: the operation's name.
    ///   - caller: who called; nil is the account's root.
    ///   - requestID: the same in all records of the call.
    ///   - isReadOnly: whether it leaves keys as they are.
    package func record(
        ofCall name: String, by caller: Caller?, requestID: String, isReadOnly: Bool
    ) -> AuditRecord {
        var record = record(name, AuditIdentity(caller, of: issuer.account), requestID, isReadOnly: isReadOnly)
        record.sourceAddress =
            caller.flatMap { caller in caller.sourceAddress ?? caller.viaService.map { "\($0).amazonaws.com" } }
        if case .transportLayerSecurity(let version) = caller?.transport {
            record.transportLayerSecurityVersion = version
        }
        return record
    }

    /// The record of what happens without a call: by itself, or because the application asks it of the keyring.
    package func record(ofEvent name: String, requestID: String, happensByItself: Bool) -> AuditRecord {
        let identity =
            happensByItself
            ? AuditIdentity(type: "AWSService", invokedBy: issuer.eventSource)
            : AuditIdentity(nil, of: issuer.account)
        var record = record(name, identity, requestID, isReadOnly: false)
        record.eventType = "AwsServiceEvent"
        return record
    }

    private func record(
        _ name: String, _ identity: AuditIdentity, _ requestID: String, isReadOnly: Bool
    ) -> AuditRecord {
        AuditRecord(
            identity: identity, eventMilliseconds: host.wallMilliseconds(), eventSource: issuer.eventSource,
            eventName: name, region: issuer.region, requestID: requestID, eventID: newID(), isReadOnly: isReadOnly,
            recipientAccountID: issuer.account)
    }

    /// A random UUID (RFC 9562, version 4).
    package func newID() -> String {
        var bytes = HostRandom(host: host).bytes(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Hexadecimal.encode(bytes)
        var text = ""
        for (place, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(place) { text += "-" }
            text.append(digit)
        }
        return text
    }
}
