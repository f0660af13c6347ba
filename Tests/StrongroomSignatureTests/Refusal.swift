@testable import StrongroomSignature

/// The code with which `body` refuses; nil where it does not.
func refusal(_ body: () throws -> Void) -> SignatureError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? SignatureError)?.code
    }
}
