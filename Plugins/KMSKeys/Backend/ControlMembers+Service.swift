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

    func limit() throws(KeyServiceError) -> Int {
        do throws(KeyBackendError) {
            return Int(try number("limit", absent: UInt32(KeyService.pageSizeDefault)))
        } catch {
            throw KeyServiceError(error)
        }
    }
}
