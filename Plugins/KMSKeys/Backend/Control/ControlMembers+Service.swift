internal import StrongroomKMS
internal import StrongroomKeys

/// Members with the service's errors, so that an operation fails with one kind of error.
extension ControlMembers {
    func required(_ name: String) throws(KeyServiceError) -> String {
        do throws(KeyBackendError) { return try requiredString(name) } catch { throw KeyServiceError(error) }
    }

    /// Nil where there is no such member.
    func optional(_ name: String) throws(KeyServiceError) -> String? {
        do throws(KeyBackendError) { return try string(name) } catch { throw KeyServiceError(error) }
    }

    /// False where there is no such member.
    func flag(_ name: String) throws(KeyServiceError) -> Bool {
        switch try optional(name) {
        case nil, "false": return false
        case "true": return true
        case let text?:
            throw KeyServiceError(.validation, "'\(name)' is '\(text.prefix(32))'; it may be true or false, as a text.")
        }
    }

    /// One of some words; nil where there is no such member.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String
    ) throws(KeyServiceError) -> Choice? {
        guard let text = try optional(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw KeyServiceError(
                .validation,
                "'\(name)' is '\(text.prefix(64))'; it may be \(Choice.allCases.map(\.rawValue).joined(separator: ", "))."
            )
        }
        return choice
    }

    func limit() throws(KeyServiceError) -> Int { try count("limit", absent: KeyService.pageSizeDefault) }

    func count(_ name: String, absent: Int) throws(KeyServiceError) -> Int {
        do throws(KeyBackendError) {
            return Int(try number(name, absent: UInt32(absent)))
        } catch {
            throw KeyServiceError(error)
        }
    }

    /// A time since 1970, as a text, because numbers here are small; nil where there is no such member.
    func milliseconds(_ name: String) throws(KeyServiceError) -> Int64? {
        guard let text = try optional(name) else { return nil }
        guard let time = Int64(text) else {
            throw KeyServiceError(.validation, "'\(name)' is no number of milliseconds, as a text.")
        }
        return time
    }

    /// A list of texts that must be there.
    func list(_ name: String) throws(KeyServiceError) -> [String] {
        do throws(KeyBackendError) {
            if let list = try strings(name) { return list }
        } catch {
            throw KeyServiceError(error)
        }
        throw KeyServiceError(
            .validation, "The operation '\(operation)' needs a member '\(name)' that is a list of strings.")
    }

    func base64(_ name: String, countMax: Int) throws(KeyServiceError) -> [UInt8] {
        do throws(KeyBackendError) {
            return try bytes(name, countMax: countMax)
        } catch {
            throw KeyServiceError(error)
        }
    }

    /// Nil where there is no such member.
    func context(_ name: String) throws(KeyServiceError) -> EncryptionContext? {
        do throws(KeyBackendError) {
            return try pairs(name).map { (pairs) throws(KeyBackendError) in try EncryptionContext(pairs) }
        } catch {
            throw KeyServiceError(error)
        }
    }

    /// Nil where there is no such member.
    func tags() throws(KeyServiceError) -> [KeyTag]? {
        let found: [String: String]?
        do throws(KeyBackendError) { found = try pairs("tags") } catch { throw KeyServiceError(error) }
        guard let found else { return nil }
        var tags: [KeyTag] = []
        for (name, value) in found { tags.append(try KeyTag(name: name, value: value)) }
        return tags
    }
}
