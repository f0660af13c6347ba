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

    func limit() throws(KeyServiceError) -> Int {
        do throws(KeyBackendError) {
            return Int(try number("limit", absent: UInt32(KeyService.pageSizeDefault)))
        } catch {
            throw KeyServiceError(error)
        }
    }
}
