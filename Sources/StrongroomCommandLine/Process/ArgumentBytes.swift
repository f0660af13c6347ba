#if CommandLineTool
/// The arguments as the system gives them, which are bytes. Swift makes text of them and puts U+FFFD where they are
/// none: of two names that differ it would make one, and the second object would take the place of the first.
enum ArgumentBytes {
    /// The position of the first argument that is not UTF-8, behind the program's own name; nil where all are.
    static func firstNotUTF8() -> Int? {
        for position in 1..<max(1, Int(CommandLine.argc)) {
            // Safe: the list has so many, each of them ends, and nobody changes them.
            guard let argument = unsafe CommandLine.unsafeArgv[position] else { return nil }
            if unsafe String(validatingCString: argument) == nil { return position }
        }
        return nil
    }
}
#endif
