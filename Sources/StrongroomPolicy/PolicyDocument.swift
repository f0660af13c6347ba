/// A policy of the IAM policy language, read and ready to decide.
///
/// What the language does not know is refused, never skipped: a condition that is not understood would otherwise be
/// one that does not hold anybody back.
package struct PolicyDocument: Sendable {
    /// Which revision of the language a document is written in.
    package enum Version: String, Sendable {
        /// Without policy variables: `${` is text. What a document is that does not say.
        case v2008 = "2008-10-17"
        /// With policy variables.
        case v2012 = "2012-10-17"
    }

    /// What a policy belongs to.
    package enum Attachment: Sendable {
        /// A key, a bucket: each statement names whom it is about.
        case resource
        /// A user or a role: all of it is about that one, and nobody is named.
        case identity
        /// A role, as the policy that says who may assume it: each statement names whom it is about, and is about that
        /// role and about nothing but STS.
        case trust
    }

    /// The revision of the language.
    package let version: Version
    /// The document's own name, where it has one.
    package let id: String?

    let statements: [PolicyStatement]

    /// Reads a document; fails with the place of the first thing that is wrong with it.
    package init(
        parsing bytes: [UInt8], attachment: Attachment = .resource, limitBytes: Int = PolicyLimits.documentBytesMax
    ) throws(PolicyError) {
        do throws(PolicyFault) {
            guard bytes.count <= limitBytes else {
                throw PolicyFault(
                    .tooLarge, at: limitBytes,
                    "The policy has \(bytes.count) bytes; the limit is \(limitBytes). Merge its statements.")
            }
            self = try DocumentReader.document(try JSONReader.read(bytes), attachment)
        } catch {
            throw PolicyError(error, in: bytes)
        }
    }

    init(version: Version, id: String?, statements: [PolicyStatement]) {
        (self.version, self.id, self.statements) = (version, id, statements)
    }

    /// Denies whatever is asked: what stands in for a policy that cannot be read.
    package static let denyingEverything = PolicyDocument(
        version: .v2012, id: nil,
        statements: [
            PolicyStatement(
                sid: nil, effect: .deny, principals: PrincipalSet([.everybody], isComplement: false),
                actions: Selection(patterns: PatternSet([], folding: .ascii), isComplement: true),
                resources: .everything, conditions: [])
        ])

    /// Decides on a request: denied where a statement denies it or a condition of one that would cannot be decided,
    /// allowed where a statement certainly allows it, and otherwise denied.
    package func decision(for request: PolicyRequest) -> PolicyDecision {
        guard request.isWithinLimits else { return .explicitlyDenied(sid: nil) }
        for statement in statements where statement.effect == .deny {
            if statement.applies(to: request) != .no { return .explicitlyDenied(sid: statement.sid) }
        }
        for statement in statements where statement.effect == .allow {
            if statement.applies(to: request) == .yes { return .allowed(sid: statement.sid) }
        }
        return .implicitlyDenied
    }
}
