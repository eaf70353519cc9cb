import Glibc

/// A few numbers in memory that a worker shares with the process that watches it, so that the case
/// at work is known after a crash.
final class CaseBoard: @unchecked Sendable {
  private let numbers: UnsafeMutablePointer<Int>
  private static let byteCount = 4096

  /// Maps the file, which is made where it does not exist.
  init?(path: String) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard ftruncate(descriptor, off_t(Self.byteCount)) == 0,
      let memory = mmap(nil, Self.byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
      memory != MAP_FAILED
    else { return nil }
    numbers = memory.assumingMemoryBound(to: Int.self)
  }

  deinit { munmap(numbers, Self.byteCount) }

  /// The case at work.
  var current: Int {
    get { numbers[0] }
    set { numbers[0] = newValue }
  }
  /// How many inputs were taken.
  var accepted: Int {
    get { numbers[1] }
    set { numbers[1] = newValue }
  }
  /// How many inputs were refused.
  var refused: Int {
    get { numbers[2] }
    set { numbers[2] = newValue }
  }
  /// How many cases broke a property.
  var violations: Int {
    get { numbers[3] }
    set { numbers[3] = newValue }
  }
}
