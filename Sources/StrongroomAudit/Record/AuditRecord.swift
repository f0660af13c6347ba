/// One call, in the shape of a CloudTrail record. It never holds a secret: plaintexts, keys and ciphertexts have no
/// member to stand in.
package struct AuditRecord: Sendable, Equatable {
    /// CloudTrail's version of the record's shape.
    package static let eventVersion = "1.11"
    /// No record is larger, whatever stands in its names; longer texts and lists are cut, visibly.
    package static let sizeBytesMax = 65_536

    package var identity: AuditIdentity
    /// Milliseconds since 1970.
    package var eventMilliseconds: Int64
    /// The service that was called, such as `kms.amazonaws.com`.
    package var eventSource: String
    /// The operation, such as `Decrypt`.
    package var eventName: String
    package var region: String
    /// `AwsApiCall`, or `AwsServiceEvent` for what a service does by itself.
    package var eventType = "AwsApiCall"
    /// Nil: from within this process.
    package var sourceAddress: String?
    /// The TLS version of the request. Nil where it came over none.
    package var transportLayerSecurityVersion: String?
    /// Nil: the call did what it was asked.
    package var errorCode: String?
    package var errorMessage: String?
    package var requestParameters: [AuditValue.Member]
    package var responseElements: [AuditValue.Member]
    package var additionalEventData: [AuditValue.Member]
    package var requestID: String
    /// A UUID, unique for each record.
    package var eventID: String
    package var isReadOnly: Bool
    package var resources: [AuditResource]
    package var recipientAccountID: String

    package init(
        identity: AuditIdentity, eventMilliseconds: Int64, eventSource: String, eventName: String, region: String,
        requestID: String, eventID: String, isReadOnly: Bool, recipientAccountID: String
    ) {
        self.identity = identity
        self.eventMilliseconds = eventMilliseconds
        self.eventSource = eventSource
        self.eventName = eventName
        self.region = region
        self.requestID = requestID
        self.eventID = eventID
        self.isReadOnly = isReadOnly
        self.recipientAccountID = recipientAccountID
        (requestParameters, responseElements, additionalEventData, resources) = ([], [], [], [])
    }

    /// The record's bytes: what is logged, hashed and signed.
    package func encoded() -> [UInt8] {
        for limits in Self.limits {
            var bytes: [UInt8] = []
            value.write(to: &bytes, limits)
            if bytes.count <= Self.sizeBytesMax { return bytes }
        }
        var bare = self
        (bare.requestParameters, bare.responseElements) = ([], [])
        bare.additionalEventData = [.init("cut", .boolean(true))]
        bare.resources.removeLast(max(0, resources.count - 2))
        return bare.encoded()
    }

    /// Tried one after the other. Names of members that every record has are never cut.
    private static let limits = [
        AuditValue.Limits(textSizeBytes: 4096, elements: 128), AuditValue.Limits(textSizeBytes: 1024, elements: 64),
        AuditValue.Limits(textSizeBytes: 256, elements: 32), AuditValue.Limits(textSizeBytes: 64, elements: 32),
    ]

    private var value: AuditValue {
        var members = [
            AuditValue.Member("eventVersion", .text(Self.eventVersion)),
            AuditValue.Member("userIdentity", identity.value),
            AuditValue.Member("eventTime", .text(AuditTime.text(milliseconds: eventMilliseconds))),
            AuditValue.Member("eventSource", .text(eventSource)),
            AuditValue.Member("eventName", .text(eventName)),
            AuditValue.Member("awsRegion", .text(region)),
            AuditValue.Member("sourceIPAddress", .text(sourceAddress ?? "internal")),
            AuditValue.Member("requestParameters", Self.object(requestParameters)),
            AuditValue.Member("responseElements", Self.object(responseElements)),
            AuditValue.Member("requestID", .text(requestID)),
            AuditValue.Member("eventID", .text(eventID)),
            AuditValue.Member("readOnly", .boolean(isReadOnly)),
            AuditValue.Member("resources", .list(resources.map(\.value))),
            AuditValue.Member("eventType", .text(eventType)),
            AuditValue.Member("eventCategory", .text("Management")),
            AuditValue.Member("managementEvent", .boolean(true)),
            AuditValue.Member("recipientAccountId", .text(recipientAccountID)),
        ]
        members += AuditValue.texts([("errorCode", errorCode), ("errorMessage", errorMessage)])
        if let version = transportLayerSecurityVersion {
            members.append(.init("tlsDetails", .members([.init("tlsVersion", .text(version))])))
        }
        if !additionalEventData.isEmpty {
            members.append(.init("additionalEventData", .members(additionalEventData)))
        }
        return .members(members)
    }

    private static func object(_ members: [AuditValue.Member]) -> AuditValue {
        members.isEmpty ? .null : .members(members)
    }
}
