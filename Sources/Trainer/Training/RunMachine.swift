internal import Glibc

/// What a run was computed on, and when, as its last process saw it.
public struct RunMachine: Codable, Sendable, Equatable {
  /// The processor by its own name; nil when the system does not tell.
  public var processor: String?
  /// The processors that the process may run on.
  public var cores: Int
  /// The threads that computed.
  public var threads: Int
  /// When the run ended, in universal time: "2026-11-29T21:46:03Z".
  public var ended: String

  /// This machine, now.
  init(threads: Int) {
    processor = Self.processorName
    cores = WorkerPool.availableCores
    self.threads = threads
    ended = Self.text(ofTime: time(nil))
  }

  private static var processorName: String? {
    let text = String(decoding: (try? readFile("/proc/cpuinfo")) ?? [], as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":", maxSplits: 1).last?.drop { $0 == " " }
    return name.map(String.init)
  }

  /// A time in seconds since 1970 as ISO 8601 has it.
  static func text(ofTime seconds: Int) -> String {
    var (seconds, parts) = (seconds, tm())
    gmtime_r(&seconds, &parts)
    func padded(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let date = ["\(parts.tm_year + 1900)", padded(parts.tm_mon + 1), padded(parts.tm_mday)]
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(padded)
    return date.joined(separator: "-") + "T" + clock.joined(separator: ":") + "Z"
  }
}
