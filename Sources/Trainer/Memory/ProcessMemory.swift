internal import FoundationEssentials
internal import Glibc

/// What the operating system says of this process.
public enum ProcessMemory {
  /// What is in memory now, in bytes: the program and mapped files too.
  public static var resident: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return 0 }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// The most that was in memory since the process began or since ``resetPeak()``, in bytes.
  public static var peak: Int {
    let lines = String(
      decoding: (try? readFile("/proc/self/status")) ?? [],
      as: UTF8.self
    ).split(separator: "\n")
    let words = lines.first { $0.hasPrefix("VmHWM:") }?.split { $0 == " " || $0 == "\t" } ?? []
    if words.count > 1, let size = Int(words[1]) { return size * 1024 }
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return usage.ru_maxrss * 1024
  }

  /// Begins ``peak`` anew with what is in memory now.
  ///
  /// Source: proc_pid_clear_refs(5) of the Linux manual: writing 5 resets the "high water mark".
  ///
  /// - Returns: false where the system refuses; ``peak`` then still is that of the whole process.
  static func resetPeak() -> Bool {
    let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return write(descriptor, "5", 1) == 1
  }
}
