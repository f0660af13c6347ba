/// Why a document is no policy, where, and what to do about it.
package struct PolicyError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is. More may come: compare with the static members, never switch exhaustively.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's name, such as "unknownElement".
        package let description: String

        private init(_ name: String) { description = name }

        /// The document has more bytes than a policy may have.
        package static let tooLarge = Code("tooLarge")
        /// The document is no JSON object.
        package static let syntax = Code("syntax")
        /// The document is no UTF-8, or has half of a surrogate pair.
        package static let invalidText = Code("invalidText")
        /// Objects and arrays are nested too deep.
        package static let tooDeep = Code("tooDeep")
        /// A name comes twice in one object; readers differ in which of them they take.
        package static let duplicateName = Code("duplicateName")
        /// The policy language has no such element there.
        package static let unknownElement = Code("unknownElement")
        /// An element is not there that must be.
        package static let missingElement = Code("missingElement")
        /// Two elements are there of which one rules the other out.
        package static let conflictingElements = Code("conflictingElements")
        /// Two statements have the same Sid.
        package static let duplicateSid = Code("duplicateSid")
        /// An element's value is not of its type, or not among its values.
        package static let invalidValue = Code("invalidValue")
        /// What should name a principal names none.
        package static let invalidPrincipal = Code("invalidPrincipal")
        /// What should name actions names none.
        package static let invalidAction = Code("invalidAction")
        /// What should name resources names none.
        package static let invalidResource = Code("invalidResource")
        /// The policy language has no such condition operator.
        package static let unknownOperator = Code("unknownOperator")
        /// A condition compares with what its operator cannot read.
        package static let invalidConditionValue = Code("invalidConditionValue")
        /// A policy variable is malformed, or stands where there are none.
        package static let invalidVariable = Code("invalidVariable")
        /// Too many texts of the document have policy variables.
        package static let tooManyVariables = Code("tooManyVariables")
    }

    /// What kind of failure it is.
    package let code: Code
    /// What is wrong and how it may be remedied.
    package let message: String
    /// Where in the document.
    package let position: PolicyPosition

    init(_ fault: PolicyFault, in document: [UInt8]) {
        (code, message) = (fault.code, fault.message)
        position = PolicyPosition(offset: fault.offset, in: document)
    }

    /// Code, place and message in one line.
    package var description: String { "\(code) at \(position): \(message)" }
}

/// A `PolicyError` inside this module: lines and columns are counted once, for the one error that leaves it.
struct PolicyFault: Error {
    let code: PolicyError.Code
    let message: String
    let offset: Int

    init(_ code: PolicyError.Code, at offset: Int, _ message: String) {
        (self.code, self.offset, self.message) = (code, offset, message)
    }
}
