import Testing

@testable import Trainer

@Suite struct ProcessMemoryTests {
  @Test func `the peak of memory can be begun anew`() {
    let size = 512 << 20
    let before = {
      let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
      defer { block.deallocate() }
      block.initializeMemory(as: UInt8.self, repeating: 1, count: size)
      return ProcessMemory.peak
    }()
    #expect(before >= size)
    guard ProcessMemory.resetPeak() else { return }
    // Other tests run in the same process and take some, but not as much.
    #expect(ProcessMemory.peak < before - size / 2)
  }

  @Test func `times are written in the order of their parts`() {
    #expect(RunMachine.text(ofTime: 0) == "1970-01-01T00:00:00Z")
    #expect(RunMachine.text(ofTime: 1_795_988_771) == "2026-11-29T21:46:11Z")
    #expect(RunMachine(threads: 3).threads == 3)
  }
}
