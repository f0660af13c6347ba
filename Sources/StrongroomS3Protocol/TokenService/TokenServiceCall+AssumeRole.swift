internal import Strongroom
internal import StrongroomPolicy

extension TokenServiceCall {
    /// A session of a role, for whom the role's trust policy lets assume it.
    ///
    /// The second factor that counts in the session is the one whose code comes along; that of the credentials that
    /// assume the role counts for the trust policy.
    func assumeRole() async throws(TokenServiceRefusal) -> TokenServiceResult {
        let request = try AssumeRoleRequest(parameters)
        let isChained = user.roleSession != nil
        if isChained, let seconds = request.durationSeconds, seconds > AssumeRoleRequest.chainedDurationSecondsMax {
            throw .validation(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
        }
        let factorTime = try await usesSecondFactor() ? nowMilliseconds : nil
        let role = try await role(request)
        guard let role, isAllowed(request, role, hasFactor: factorTime != nil) else {
            throw .accessDenied(
                "User: \(user.arn) is not authorized to perform: \(RoleAuthorizer.action) on resource: \(request.roleARN)"
            )
        }
        let seconds = request.durationSeconds ?? AssumeRoleRequest.standardDurationSeconds
        guard seconds <= role.maximumSessionSeconds else {
            throw .validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        }
        let made: NewSession
        do throws(StoreError) {
            made = try store.makeSession(
                ofUser: user.origin.name, id: user.origin.id, accessKeyID: user.origin.accessKeyID,
                from: nowMilliseconds, until: nowMilliseconds + 1_000 * seconds, secondFactorMilliseconds: factorTime,
                assuming: AssumedRole(
                    name: role.name, id: role.id, sessionName: request.sessionName, sessionPolicy: request.policy?.text)
            )
        } catch {
            throw TokenServiceRefusal(error)
        }
        return Self.result(made, role, request)
    }

    private static func result(
        _ made: NewSession, _ role: Role, _ request: AssumeRoleRequest
    ) -> TokenServiceResult {
        var elements = [
            TokenServiceResult.credentials(made),
            DocumentElement(
                "AssumedRoleUser",
                [
                    DocumentElement("AssumedRoleId", text: "\(role.id):\(request.sessionName)"),
                    DocumentElement("Arn", text: request.names.sessionARN(request.sessionName)),
                ]),
        ]
        if let policy = request.policy {
            elements.append(DocumentElement("PackedPolicySize", text: String(policy.packedPercent)))
        }
        return TokenServiceResult(elements, secret: made.secret)
    }

    /// Nil where there is none, which nobody is told apart from one that may not be assumed.
    private func role(_ request: AssumeRoleRequest) async throws(TokenServiceRefusal) -> Role? {
        guard request.names.account == account else { return nil }
        do throws(StoreError) {
            return try await store.role(named: request.names.role)
        } catch {
            guard error.code == .noSuchRole else { throw TokenServiceRefusal(error) }
            return nil
        }
    }

    private func isAllowed(_ request: AssumeRoleRequest, _ role: Role, hasFactor: Bool) -> Bool {
        var facts = facts
        facts["sts:RoleSessionName"] = [request.sessionName]
        if let externalID = request.externalID { facts["sts:ExternalId"] = [externalID] }
        if hasFactor {
            facts["aws:MultiFactorAuthPresent"] = ["true"]
            facts["aws:MultiFactorAuthAge"] = ["0"]
        }
        // It was read when it was put. One that cannot be read any more may have denied something.
        let trust =
            (try? PolicyDocument(parsing: Array(role.trustPolicy.utf8), attachment: .trust)) ?? .denyingEverything
        return RoleAuthorizer(user: user, trust: trust, roleARN: request.roleARN, facts: facts).isAllowed
    }
}
