#if CommandLineTool
internal import CStrongroomShims

/// A process that holds keys leaves no memory behind: no core dump, no debugger of the same user.
enum ProcessHardening {
    static func apply() {
        guard strongroom_set_not_dumpable() == 0 else {
            fatalError("prctl(PR_SET_DUMPABLE) failed, which Linux does for no reason that this process could cause")
        }
    }
}
#endif
