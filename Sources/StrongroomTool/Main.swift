// The executable's entry. The command line stands behind a package trait, so that an application that
// embeds the library resolves no argument parser; built without it, the executable says so.
internal import Glibc
internal import SystemPackage

#if CommandLineTool
internal import StrongroomCommandLine

@main
enum Main {
    static func main() async {
        await CommandRunner.run(Array(CommandLine.arguments.dropFirst()))
    }
}
#else
@main
enum Main {
    static func main() {
        let message = """
            strongroom: this executable was built without its command line.
            Build it with: swift build -c release --traits CommandLineTool --product strongroom

            """
        _ = try? FileDescriptor.standardError.writeAll(message.utf8)
        exit(64)
    }
}
#endif
