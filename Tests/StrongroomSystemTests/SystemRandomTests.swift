import Glibc
import StrongroomSystem
import Testing

@Suite struct SystemRandomTests {
    @Test func drawsAreDistinct() {
        var seen: Set<[UInt8]> = []
        for count in [16, 24, 16, 128, 129, 5_000] {
            for _ in 0..<100 {
                let bytes = SystemRandom().bytes(count)
                #expect(bytes.count == count)
                #expect(seen.insert(bytes).inserted)
            }
        }
        #expect(SystemRandom().bytes(0).isEmpty)
    }

    /// Small draws come from a block, of which a forked child has a copy: the same salt in both, and they seal
    /// two streams under one key and nonce.
    @Test func aForkedChildDrawsOtherBytes() async {
        await #expect(processExitsWith: .success) {
            _ = SystemRandom().bytes(16)
            let shared = unsafe mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)!
            // Swift hides fork(2), for good reasons; here it is the subject.
            let fork = unsafe unsafeBitCast(dlsym(nil, "fork"), to: (@convention(c) () -> pid_t).self)
            let child = fork()
            if child == 0 {
                unsafe shared.copyMemory(from: SystemRandom().bytes(16), byteCount: 16)
                _exit(0)
            }
            var status: Int32 = 0
            let waited = unsafe waitpid(child, &status, 0)
            #expect(waited == child && status == 0)
            let childs = unsafe [UInt8](UnsafeRawBufferPointer(start: shared, count: 16))
            #expect(childs.contains { $0 != 0 })
            #expect(childs != SystemRandom().bytes(16))
        }
    }
}
