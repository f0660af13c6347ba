import Glibc
import StrongroomKeys
import SystemPackage

// The child process in which tests check modules: a module may crash or hang. The command line has the same
// behind `strongroom module check`.
guard CommandLine.arguments.count == 3 else { exit(64) }
let status = await KeyModuleConformance.runAsChild(
    path: FilePath(CommandLine.arguments[1]), keyring: FilePath(CommandLine.arguments[2]))
exit(status)
