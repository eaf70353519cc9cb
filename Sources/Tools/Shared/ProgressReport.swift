internal import FoundationEssentials

/// How far a stage is, and how that reads.
struct ProgressReport {
  var stage: String
  var subject: String?
  /// What is counted; nil when only bytes are.
  var unit: String?
  var done = 0
  var total: Int?
  var bytes: Int?
  var totalBytes: Int?
  /// The time since the stage began.
  var seconds = 0.0
  var isFinished = false

  /// Units a second; 0 before any time has passed.
  private var rate: Double { perSecond(done) }

  private func perSecond(_ count: Int) -> Double { seconds > 0 ? Double(count) / seconds : 0 }

  /// The time left at the mean rate so far, by bytes where they are known; nil while nothing tells.
  private var secondsLeft: Double? {
    if let bytes, let totalBytes, perSecond(bytes) > 0 {
      return Double(max(0, totalBytes - bytes)) / perSecond(bytes)
    }
    guard let total, rate > 0 else { return nil }
    return Double(max(0, total - done)) / rate
  }

  /// "write listops: 1200/96000 samples, 410 samples/s, 3.4 MiB/s, 3 min 51 s left".
  var text: String {
    var parts: [String] = []
    if let unit {
      parts.append("\(done)" + (total.map { "/\($0)" } ?? "") + " \(unit)")
      parts.append("\(Self.rounded(rate)) \(unit)/s")
    }
    if let bytes {
      if unit == nil || totalBytes != nil {
        parts.append("\(bytes >> 20)" + (totalBytes.map { "/\($0 >> 20)" } ?? "") + " MiB")
      }
      parts.append("\(Self.rounded(perSecond(bytes) / 1_048_576)) MiB/s")
    }
    if isFinished {
      parts.append("took \(Self.time(seconds))")
    } else if let secondsLeft {
      parts.append("\(Self.time(secondsLeft)) left")
    }
    return stage + (subject.map { " \($0)" } ?? "") + ": " + parts.joined(separator: ", ")
  }

  /// The report as a JSON object on one line; what is not known is absent.
  var json: String {
    let line = Line(
      event: isFinished ? "done" : "progress",
      stage: stage,
      subject: subject,
      unit: unit ?? "bytes",
      done: unit == nil ? bytes ?? 0 : done,
      total: unit == nil ? totalBytes : total,
      bytes: bytes,
      totalBytes: totalBytes,
      rate: Self.thousandths(unit == nil ? perSecond(bytes ?? 0) : rate),
      seconds: Self.thousandths(seconds),
      secondsLeft: isFinished ? 0 : secondsLeft.map { Self.thousandths($0) }
    )
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(line)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  private struct Line: Encodable {
    var event: String
    var stage: String
    var subject: String?
    var unit: String
    var done: Int
    var total: Int?
    var bytes: Int?
    var totalBytes: Int?
    var rate: Double
    var seconds: Double
    var secondsLeft: Double?
  }

  private static func thousandths(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

  /// A rate: whole from 100 on, one decimal below.
  private static func rounded(_ value: Double) -> String {
    value >= 100 ? "\(Int(value.rounded()))" : "\((value * 10).rounded() / 10)"
  }

  /// A time as "1 h 02 min", "3 min 04 s" or "5 s".
  private static func time(_ seconds: Double) -> String {
    let whole = Int(min(max(seconds, 0), 1e9).rounded())
    func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    if whole >= 3600 { return "\(whole / 3600) h \(padded(whole % 3600 / 60)) min" }
    return whole >= 60 ? "\(whole / 60) min \(padded(whole % 60)) s" : "\(whole) s"
  }
}
