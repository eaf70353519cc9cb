internal import Glibc

/// A large piece of memory in huge pages, where the system gives them: its first use then costs
/// 512 times fewer page faults.
final class PageBuffer: @unchecked Sendable {
  /// The size of a huge page on x86-64 and on AArch64 with base pages of 4 KiB.
  private static let pageByteCount = 2 << 20

  let bytes: UnsafeMutableRawBufferPointer

  /// Memory that is not initialized; small pieces are taken as they come.
  init(byteCount: Int) {
    guard byteCount >= Self.pageByteCount else {
      bytes = .allocate(byteCount: byteCount, alignment: 64)
      return
    }
    bytes = .allocate(byteCount: byteCount, alignment: Self.pageByteCount)
    // A request, whose refusal costs only speed; the number is Linux's MADV_HUGEPAGE.
    madvise(bytes.baseAddress, byteCount, 14)
  }

  deinit { bytes.deallocate() }
}
