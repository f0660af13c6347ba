internal import StrongroomStorage

/// What rows of users and of roles have in common.
protocol IdentityRow: Equatable, Sendable {
    /// Position of the last change in the store's commit order.
    var lsn: UInt64 { get set }

    func encoded() -> [UInt8]
}

extension UserRow: IdentityRow {}
extension RoleRow: IdentityRow {}

extension Engine {
    /// Writes a row over the value that it was read from; nil where there was none. In turn.
    ///
    /// - Parameter stamp: completes the row once it is known when it is committed.
    func writeSealed<Row: IdentityRow>(
        _ row: Row, _ rowKey: [UInt8], over known: [UInt8]?, _ keys: StoreKeys,
        stamping stamp: @escaping @Sendable (_ row: inout Row, _ timeMilliseconds: Int64) -> Void = { _, _ in }
    ) async throws(StoreError) -> Row {
        @Sendable func stamped(_ lsn: UInt64, _ timeMilliseconds: Int64) -> Row {
            var row = row
            row.lsn = lsn
            stamp(&row, timeMilliseconds)
            return row
        }
        let write = RowWrite(reads: [rowKey]) { [random] (view) throws(RowWrite.Refusal) in
            guard view.rows[0]?.value == known else { throw .staleRows }
            do throws(StoreError) {
                let value = try keys.sealedRows.seal(
                    stamped(view.lsn, view.timeMilliseconds).encoded(), rowKey: rowKey, random: random)
                return [RowMutation(key: rowKey, change: .put(value: value, payload: .none))]
            } catch {
                throw .failed(error)
            }
        }
        let receipt = try await commitIdentity(write)
        return stamped(receipt.lsn, receipt.timeMilliseconds)
    }

    /// In turn.
    func commitIdentity(_ write: RowWrite) async throws(StoreError) -> CommitReceipt {
        do throws(StoreError) {
            switch try await commit([write]) {
            case .committed(let receipt): return receipt
            case .refused(.failed(let error)): throw error
            case .refused: throw StoreError(.conflict, "The user or role changed meanwhile; try again.")
            }
        } catch {
            users.forget()
            throw error
        }
    }
}
