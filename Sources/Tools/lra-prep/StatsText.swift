internal import DataKit
internal import Foundation
internal import ToolSupport

/// Statistics as a person reads them in a terminal.
struct StatsText {
  private static let binLimit = 20

  let manifest: Manifest
  /// How many tokens to list.
  let top: Int
  /// The width to fill.
  let columns: Int

  /// A split's statistics.
  func lines(of statistics: SplitStatistics) -> [String] {
    let unit = manifest.input == .tokens ? "tokens" : "positions"
    let head =
      "\(statistics.split.rawValue): \(grouped(statistics.samples)) samples, "
      + "\(grouped(statistics.elements)) \(unit)"
    return [head] + labels(statistics) + lengths(statistics.lengths) + values(statistics)
  }

  private func labels(_ statistics: SplitStatistics) -> [String] {
    switch statistics.labels {
    case .classes(let counts):
      let names = manifest.target.names ?? []
      let rows = counts.enumerated().map { label, count in
        let name = names.indices.contains(label) ? " " + escaped(names[label]) : ""
        return (label: "\(label)\(name)", count: count)
      }
      return ["", "  labels"] + bars(rows)
    case .values(let tally):
      return ["", "  labels  " + moments(tally)] + histogram(tally, .real)
    }
  }

  private func lengths(_ tally: Tally) -> [String] {
    guard manifest.fixedLength == nil, let least = tally.minimum, let greatest = tally.maximum
    else { return manifest.fixedLength.map { ["", "  lengths  \(grouped($0)) each"] } ?? [] }
    func whole(_ value: Double?) -> String { grouped(Int(value ?? 0)) }
    let summary =
      "  lengths  \(whole(least)) shortest, \(brief(tally.mean)) mean, "
      + "\(whole(tally.quantile(0.5))) median, \(whole(tally.quantile(0.9))) at 90 %, "
      + "\(whole(greatest)) longest"
    return ["", summary] + histogram(tally, .whole)
  }

  private func values(_ statistics: SplitStatistics) -> [String] {
    if manifest.hasTokenIDs { return tokens(statistics.values[0]) }
    var lines: [String] = []
    for (channel, tally) in statistics.values.enumerated() {
      let name = statistics.values.count > 1 ? "channel \(channel)" : "values"
      lines += ["", "  \(name)  \(moments(tally))"]
      lines += histogram(tally, manifest.valueScale)
    }
    if statistics.notFinite > 0 {
      lines.append("  \(grouped(statistics.notFinite)) values are infinite or not a number")
    }
    return lines
  }

  private func tokens(_ tally: Tally) -> [String] {
    guard top > 0 else { return [] }
    let shown = tally.mostFrequent.prefix(top)
    let rows = shown.map { entry in
      let id = Int(entry.value)
      return (label: "\(id) \(tokenText(id, manifest))", count: entry.count)
    }
    let rest = tally.entries.count - shown.count
    let title =
      "  tokens  \(grouped(tally.entries.count)) of \(manifest.vocabulary?.tokens.count ?? 0) ids occur"
    return ["", title] + bars(rows, of: tally.count)
      + (rest > 0 ? ["    and \(grouped(rest)) more; --top lists them"] : [])
  }

  private func moments(_ tally: Tally) -> String {
    guard let least = tally.minimum, let greatest = tally.maximum else { return "none" }
    return "\(brief(least)) to \(brief(greatest)), mean \(brief(tally.mean)), "
      + "deviation \(brief(tally.standardDeviation))"
  }

  private func histogram(_ tally: Tally, _ scale: HistogramScale) -> [String] {
    let histogram = tally.histogram(atMost: Self.binLimit, scale)
    let rows = histogram.counts.enumerated().map { bin, count in
      let range = histogram.range(bin)
      let last = scale != .real ? range.upperBound - 1 : range.upperBound
      let label =
        scale != .real && histogram.binWidth == 1
        ? brief(range.lowerBound) : "\(brief(range.lowerBound)) to \(brief(last))"
      return (label: label, count: count)
    }
    return bars(rows)
  }

  /// A line for each row: label, bar, count, share; the longest bar fills the width.
  private func bars(_ rows: [(label: String, count: Int)], of total: Int? = nil) -> [String] {
    let total = max(1, total ?? rows.reduce(0) { $0 + $1.count })
    let highest = max(1, rows.map(\.count).max() ?? 1)
    let labelWidth = min(24, rows.map(\.label.count).max() ?? 0)
    let countWidth = grouped(highest).count
    let width = max(8, columns - labelWidth - countWidth - 16)
    return rows.map { label, count in
      let share = Double(count) / Double(highest)
      let length = count > 0 ? max(1, Int((share * Double(width)).rounded())) : 0
      let bar = String(repeating: "#", count: length)
      let percent = percentage(count, of: total)
      return "    \(left(label, labelWidth)) \(left(bar, width)) "
        + "\(right(grouped(count), countWidth)) \(right(percent, 7))"
    }
  }

  private func percentage(_ count: Int, of total: Int) -> String {
    let tenths = (Double(count) * 1000 / Double(total)).rounded()
    return "\(tenths / 10) %"
  }

  private func left(_ text: String, _ width: Int) -> String {
    let cut = text.prefix(width)
    return cut + String(repeating: " ", count: width - cut.count)
  }

  private func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}

extension Manifest {
  /// Whether stored values are ids of a vocabulary.
  var hasTokenIDs: Bool { input == .tokens && elementType != .float32 }

  /// How stored values are sorted into bins.
  var valueScale: HistogramScale {
    switch elementType {
    case .float32: .real
    case .uint8: .byte
    default: .whole
    }
  }
}

/// A token as text on one line, in quotes, with what would disturb a terminal escaped.
func tokenText(_ id: Int, _ manifest: Manifest) -> String {
  guard let tokens = manifest.vocabulary?.tokens, tokens.indices.contains(id) else {
    return "(outside the vocabulary)"
  }
  return tokens[id].debugDescription
}

/// Text with what would disturb a terminal escaped.
private func escaped(_ text: String) -> String {
  String(text.debugDescription.dropFirst().dropLast())
}

/// A number as a person writes it: whole from 1,000 on, four digits below.
func brief(_ value: Double) -> String {
  let isWhole = value == value.rounded() || abs(value) >= 1000
  if isWhole, abs(value) < 1e15 { return grouped(Int(value.rounded())) }
  return String(format: "%.4g", value)
}
