#if CommandLineTool
internal import ArgumentParser
internal import StrongroomAudit

struct AuditProofCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proof", abstract: "Print a record with the proof that it is in the trail (c2sp.org/tlog-proof).")

    @Argument(help: "The record's number, as `audit show` prints it.")
    var index: UInt64
    @OptionGroup var location: AuditLocation

    func run() async throws {
        let index = index
        try await location.print("proof") { (prover) throws(AuditError) in
            let (record, proof) = try prover.inclusion(of: index)
            return proof.text(record: record, prover.checkpoint)
        }
    }
}

struct AuditGrowthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "growth", abstract: "Print the proof that the trail has only grown since an older checkpoint.")

    @Argument(help: "How many records the older checkpoint covers: its second line.")
    var size: UInt64
    @OptionGroup var location: AuditLocation

    func run() async throws {
        let size = size
        try await location.print("proof") { (prover) throws(AuditError) in
            try prover.consistency(since: size).text(prover.checkpoint)
        }
    }
}

struct AuditCheckpointCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint", abstract: "Print the newest checkpoint, to be kept elsewhere.")

    @OptionGroup var location: AuditLocation

    func run() async throws {
        try await location.print("checkpoint") { (prover) throws(AuditError) in prover.checkpoint.note }
    }
}

struct AuditKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Print the public key that checks the trail, to be kept elsewhere.")

    @OptionGroup var location: AuditLocation

    func run() async throws {
        let source = try location.source()
        let key = try await Offload.run { () throws(CommandFailure) in
            try auditing { () throws(AuditError) in try source.key() }
        }
        location.console.emit(["publicKey": key.text], text: key.text)
    }
}

extension AuditLocation {
    /// Prints a text that ends its last line, or it as the member `name`.
    fileprivate func print(
        _ name: String, _ make: @escaping @Sendable (AuditProver) throws(AuditError) -> String
    ) async throws {
        let source = try source()
        let text = try await Offload.run { () throws(CommandFailure) in
            try auditing { () throws(AuditError) in try make(try AuditProver(source.reader, key: try source.key())) }
        }
        console.emit([name: text], text: String(text.dropLast()))
    }
}
#endif
