internal import Foundation
internal import Trainer

/// What the kernels need of the processor.
enum Processor {
  /// Refuses an x86-64 processor without the instructions that the program is compiled for.
  ///
  /// - Throws: ``RunError``; a processor that cannot be asked is taken for a good one.
  static func check() throws {
    #if arch(x86_64)
      guard let information = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
        let flags = information.split(separator: "\n").first(where: { $0.hasPrefix("flags") })
      else { return }
      let names = Set(flags.split(separator: " ").map(String.init))
      let missing = ["avx2", "fma"].filter { !names.contains($0) }
      guard !missing.isEmpty else { return }
      throw RunError(
        "this processor",
        "it lacks \(missing.joined(separator: " and ")), which lra-train is compiled for",
        hint: "build without '-march=x86-64-v3' in Package.swift"
      )
    #endif
  }
}

/// The memory that a new program can take, in bytes; nil when the system does not say.
func availableMemory() -> Int? { systemMemory(["MemAvailable:"]) }

/// All memory that the machine has, in bytes, swap included; nil when the system does not say.
func installedMemory() -> Int? { systemMemory(["MemTotal:", "SwapTotal:"]) }

/// The sum of some sizes that the system tells.
private func systemMemory(_ names: [String]) -> Int? {
  guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return nil }
  let lines = text.split(separator: "\n").map { $0.split(separator: " ") }
  let sizes = names.map { name in
    lines.first { $0.first.map(String.init) == name }.flatMap { $0.dropFirst().first }
      .flatMap { Int($0) }
  }
  guard let first = sizes[0] else { return nil }
  return 1024 * sizes.dropFirst().reduce(first) { $0 + ($1 ?? 0) }
}

/// A size in MB, with one decimal below 100.
func megabytes(_ bytes: Int) -> String {
  let size = Double(bytes) / 1e6
  return fixed(size, size < 100 ? 1 : 0) + " MB"
}
