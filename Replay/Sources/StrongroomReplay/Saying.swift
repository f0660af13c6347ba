import Foundation

/// A line of the output, at once: who reads along sees how far this has come.
func say(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
