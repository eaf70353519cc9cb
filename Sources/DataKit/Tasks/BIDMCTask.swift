/// What the three BIDMC tasks predict.
enum BIDMCTarget: String, CaseIterable, Sendable {
  case respiratoryRate = "RR"
  case heartRate = "HR"
  case oxygenSaturation = "SpO2"

  /// Where the series are published.
  var record: Int {
    switch self {
    case .respiratoryRate: 4_001_463
    case .heartRate: 4_001_456
    case .oxygenSaturation: 4_001_464
    }
  }

  var words: String {
    switch self {
    case .respiratoryRate: "breaths per minute"
    case .heartRate: "heart beats per minute"
    case .oxygenSaturation: "oxygen saturation in percent"
    }
  }
}

extension TaskDefinition {
  /// BIDMC: a vital sign from a pulse and a heart curve (docs/archives.md).
  static func bidmc(_ target: BIDMCTarget) -> TaskDefinition {
    let files = BIDMCCollector.parts.map { "BIDMC32\(target.rawValue)_\($0).ts" }
    return TaskDefinition(
      name: "bidmc-\(target.rawValue.lowercased())",
      aliases: [],
      summary: "\(target.words) from 4,000 steps of 2 curves (\(files[0]) and \(files[1]))",
      expectedMembers: "\(files[0]) and \(files[1]), as two inputs or in one archive",
      source: "https://zenodo.org/record/\(target.record) (Monash, UEA and UCR archive)",
      isInSuite: false,
      acceptsPlainFiles: true,
      locate: { parts in
        guard let name = parts.last, files.contains(String(name)) else { return nil }
        return (Array(parts.dropLast()), [name])
      },
      makeCollector: { BIDMCCollector($0, files: files) }
    )
  }
}

/// Reads the two `.ts` files of a BIDMC task.
final class BIDMCCollector: TaskCollector {
  static let parts = ["TRAIN", "TEST"]
  /// The values of each channel, 32 seconds at 125 Hz.
  private static let length = 4000
  /// The pulse curve (PPG) and the heart curve (ECG).
  private static let channels = 2

  private let context: CollectorContext
  private let files: [String]
  private var cases: [String: [SpooledSample]] = [:]

  init(_ context: CollectorContext, files: [String]) {
    self.context = context
    self.files = files
  }

  func read(_ member: ArchiveMember, at tail: [Substring], from reader: ArchiveReader) throws {
    let file = String(tail[0])
    guard cases[file] == nil else {
      throw reader.error(in: member, "the file was read already")
    }
    cases[file] = []
    context.membersRead += 1
    let policy = context.errorPolicy
    var header = TimeSeriesHeader()
    try LineReader(context: context, member: member.path).read(from: reader) { line, number in
      do {
        try line.withUnsafeBufferPointer { line throws(FormatError) in try header.read(line) }
        try Self.check(header)
      } catch {
        throw reader.error(in: member, line: number, "\(error)")
      }
      return !header.isComplete
    } body: { piece in
      try context.workers.submit {
        try Cases(piece, policy)
      } deliver: { [self] read in
        for series in read.cases {
          let slot = try series.values.withUnsafeBytes { try context.spool($0) }
          cases[file]?.append(SpooledSample(id: 0, label: series.target, slot: slot))
        }
        try context.leaveOut(read.leftOut)
      }
    }
    try context.workers.finish()
    guard header.isComplete else { throw reader.error(in: member, "there is no '@data' line") }
    guard cases[file]?.isEmpty == false else {
      throw reader.error(in: member, "there are no cases after '@data'")
    }
  }

  private static func check(_ header: TimeSeriesHeader) throws(FormatError) {
    guard header.channels ?? channels == channels, header.length ?? length == length else {
      throw FormatError(
        "the series have \(header.channels ?? channels) channels of "
          + "\(header.length ?? length) values, expected \(channels) of \(length)"
      )
    }
  }

  /// The cases of a piece of a file.
  private struct Cases: Sendable {
    var cases: [TimeSeriesCase]
    var leftOut: LeftOutLines

    init(_ piece: LinePiece, _ policy: ErrorPolicy) throws {
      var cases: [TimeSeriesCase] = []
      leftOut = try piece.forEachLine(policy: policy) { line, fail in
        guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { return }
        do {
          cases.append(
            try TimeSeriesCase(
              UnsafeBufferPointer(line),
              channels: BIDMCCollector.channels,
              length: BIDMCCollector.length
            )
          )
        } catch {
          throw fail("\(error)")
        }
      }
      self.cases = cases
    }
  }

  func finish() throws -> CollectedTask {
    var all: [SpooledSample] = []
    for file in files {
      guard let read = cases[file] else {
        throw context.error(
          "the file \(file) is missing: give both files, each with an --input of its own"
        )
      }
      all += read
    }
    for index in all.indices { all[index].id = Int64(index) }
    // train_test_split(test_size=0.3, random_state=0), then the rest halved with random_state=1
    // (docs/archives.md).
    let first = TrainTestSplit(
      count: all.count,
      testCount: Int((0.3 * Double(all.count)).rounded(.up)),
      seed: 0
    )
    let second = TrainTestSplit(
      count: first.test.count,
      testCount: (first.test.count + 1) / 2,
      seed: 1
    )
    return CollectedTask(
      input: .series,
      elementType: .float32,
      channels: Self.channels,
      encoding: .bytes,
      maximumLength: Self.length,
      fixedLength: Self.length,
      target: .value,
      vocabulary: nil,
      normalization: nil,
      splits: [
        (.train, first.train.map { all[$0] }),
        (.validation, second.train.map { all[first.test[$0]] }),
        (.test, second.test.map { all[first.test[$0]] }),
      ],
      validationSplit: .validation,
      options: ["split_seeds": "0,1"]
    )
  }
}
