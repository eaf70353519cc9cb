internal import FoundationEssentials
internal import Glibc

/// The memory of a training run, in bytes.
public struct MemoryPlan: Codable, Sendable, Equatable {
  /// The weights and the running statistics of batch norm.
  public var parameters: Int
  /// The gradients of the weights.
  public var gradients: Int
  /// Both moments of AdamW.
  public var moments: Int
  /// What the forward pass keeps for the backward pass.
  public var activations: Int
  /// Gradients of activations, partial sums and what each thread needs.
  public var scratch: Int
  /// What the process has in memory before it makes a network; 0 unless it was set.
  public var program = 0

  /// The sum of all parts.
  public var total: Int { parameters + gradients + moments + activations + scratch + program }
}

/// What the operating system says of this process.
public enum ProcessMemory {
  /// What is in memory now, in bytes: the program and mapped files too.
  public static var resident: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return 0 }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// The most that ever was, in bytes.
  public static var peak: Int {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return usage.ru_maxrss * 1024
  }
}
