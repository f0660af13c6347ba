import StrongroomStorage

@testable import Strongroom

extension Event {
    /// 0 where nothing was committed.
    var lsn: UInt64 { commit?.lsn ?? 0 }
}

extension Answer {
    /// What it was refused for.
    var code: StoreError.Code? { if case .refused(let error) = self { error.code } else { nil } }

    /// Which commit it says that it made.
    var commitLSN: UInt64? {
        switch self {
        case .changed(let receipt): receipt.lsn
        case .put(let receipt): receipt.lsn
        case .delete(let receipt): receipt.lsn
        case .upload(let info): info.lsn
        case .part(let info): info.lsn
        case .batch(let receipt): receipt.lsn
        default: nil
        }
    }

    /// Which commit a page says that it shows.
    var snapshotLSN: UInt64? {
        switch self {
        case .list(let page): page.lsn
        case .versions(let page): page.lsn
        case .parts(let page): page.lsn
        case .uploads(let page): page.lsn
        default: nil
        }
    }
}
