internal import Logging
public import Strongroom
internal import StrongroomSystem
internal import SystemPackage

/// Runs `body` with a new store on disk, in a directory of its own that is gone afterwards.
///
/// The directory has mode 0700 and lies in the system's place for temporary files; the keyring stands in it beside the
/// store. However `body` ends, the store is closed and the directory removed. Tests that run at the same time do not
/// see each other's stores.
///
/// ```swift
/// try await withTemporaryStore { store in
///     let notes = try await store.createBucket("notes")
///     try await notes.put("a", [1, 2, 3])
/// }
/// ```
///
/// - Parameters:
///   - options: how to open the store. A `keyring` or root key file of your own is where you say, and stays there.
///   - body: what to do with the store. It may close it.
/// - Returns: what `body` returns.
/// - Throws: what `body` throws, unchanged. Else `StoreError` where the store cannot be made or closed, or
///   the directory not be removed. What goes wrong after an error that is thrown is logged to the options' logger, by
///   default the task's.
public func withTemporaryStore<Value>(
    options: StoreOptions = StoreOptions(), _ body: (Store) async throws -> Value
) async throws -> Value {
    try await withTemporaryStore(below: TemporaryDirectory.systemPlace, options: options, body)
}

func withTemporaryStore<Value>(
    below parent: FilePath, options: StoreOptions = StoreOptions(), _ body: (Store) async throws -> Value
) async throws -> Value {
    let logger = options.logger ?? Logger.current
    let threads = IOThreadPool(threadCount: 1, name: "temporary-store")
    let directory: TemporaryDirectory
    do throws(StorageError) {
        directory = try await threads.run { () throws(StorageError) in try TemporaryDirectory(below: parent) }
    } catch {
        throw StoreError(
            StoreError.Code(error.code.rawValue),
            "No directory can be made in \(parent) for a temporary store: \(error.message).",
            underlying: error.systemError)
    }
    var ending = await Ending(of: body, at: directory.store, options, logger)
    do throws(StoreError) {
        try await threads.run { () throws(StoreError) in try directory.remove() }
    } catch {
        ending.note(error)
    }
    return try ending.result.get()
}

/// How the use of a store ended: the first error counts, what comes after it is logged.
private struct Ending<Value> {
    private(set) var result: Result<Value, any Error>
    private let logger: Logger

    /// Opens the store, runs `body`, and closes the store.
    init(
        of body: (Store) async throws -> Value, at path: FilePath, _ options: StoreOptions, _ logger: Logger
    ) async {
        self.logger = logger
        let store: Store
        do throws(StoreError) {
            store = try await Store.open(at: path, options: options)
        } catch {
            result = .failure(error)
            return
        }
        do {
            result = .success(try await body(store))
        } catch {
            result = .failure(error)
        }
        do throws(StoreError) {
            try await store.close()
        } catch {
            note(error)
        }
    }

    mutating func note(_ error: StoreError) {
        guard case .success = result else {
            logger.error("Temporary store not cleaned up", metadata: ["error": "\(error)"])
            return
        }
        result = .failure(error)
    }
}
