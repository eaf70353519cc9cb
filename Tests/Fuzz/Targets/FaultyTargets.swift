import Glibc

extension FuzzTarget {
  /// Readers that do what none may do, to see that it is noticed.
  static let faulty: [FuzzTarget] = [
    faulty("faulty-trap") { fatalError("trapped") },
    faulty("faulty-loop") { while true { usleep(1000) } },
    faulty("faulty-memory") { _ = [UInt8](repeating: 1, count: 1 << 30).reduce(0, &+) },
    faulty("faulty-property") { throw PropertyViolation("this is wrong") },
  ]

  /// A reader that takes everything but one input in four.
  private static func faulty(
    _ name: String,
    _ body: @escaping @Sendable () throws -> Void
  ) -> FuzzTarget {
    FuzzTarget(name: name, weight: 1, seeds: [.bytes(Array(0..<100))]) { input in
      if input.bytes.reduce(0, &+) % 4 == 1 { try body() }
    }
  }
}
