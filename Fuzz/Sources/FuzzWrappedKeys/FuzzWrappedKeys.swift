import StrongroomFuzzTargets

/// libFuzzer calls this with one input after another.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // Safe: the fuzzer lends `count` bytes for the length of this call.
    fuzzWrappedKeys(unsafe RawSpan(_unsafeStart: start, byteCount: count))
    return 0
}
