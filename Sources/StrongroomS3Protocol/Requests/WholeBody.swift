internal import StrongroomCrypto

/// Reads the body of a request as a whole, into memory that whoever asked for it wipes.
enum WholeBody {
    enum Fault: Error, Sendable {
        case tooLarge
        /// It did not come to its end.
        case cutOff
        /// It is not as long as its header says.
        case otherLength
    }

    static func read(_ request: S3Request, limitBytes: Int) async throws(Fault) -> [UInt8] {
        let length = try? request.contentLength()
        if let length, length > UInt64(limitBytes) { throw .tooLarge }
        var bytes: [UInt8] = []
        // All at once: an array that grows leaves copies behind.
        bytes.reserveCapacity(length.map { Int($0) } ?? limitBytes)
        var fault: Fault?
        do {
            while fault == nil, let slice = try await request.body.read() {
                if bytes.count + slice.count > limitBytes {
                    fault = .tooLarge
                } else {
                    bytes.append(contentsOf: slice)
                }
            }
        } catch {
            fault = .cutOff
        }
        if fault == nil, let length, length != UInt64(bytes.count) { fault = .otherLength }
        guard let fault else { return bytes }
        bytes.wipeTail(from: 0)
        throw fault
    }
}
