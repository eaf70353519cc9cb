/// Reads the clips of Speech Commands, and the lists that split them, in any order.
final class SpeechCollector: TaskCollector {
  /// The samples of a stored clip.
  static let length = 16_000
  /// The published lists, and which split each names.
  static let lists: [Substring: Split] = [
    "testing_list.txt": .test, "validation_list.txt": .validation,
  ]
  private static let clipLimit = 16 << 20
  private static let listLimit = 64 << 20

  private struct Clip {
    var word: Int
    /// `<word>/<file>`; file names repeat from word to word.
    var name: String
    var slot: SampleSpool.Slot
  }

  private let context: CollectorContext
  private let words: SpeechWords
  private let classes: [Substring: Int]
  private var clips: [Clip] = []
  /// The names of clips, and of those that the lists name, by their bytes: strings compare by
  /// canonical equivalence.
  private var names: Set<[UInt8]> = []
  private var listed: [Split: Set<[UInt8]>] = [:]
  private var paddedCount = 0
  private var cutCount = 0

  init(_ context: CollectorContext, _ words: SpeechWords) {
    self.context = context
    self.words = words
    classes = Dictionary(
      uniqueKeysWithValues: words.names.enumerated().map { ($1[...], $0) }
    )
  }

  func read(_ member: ArchiveMember, at tail: [Substring], from reader: ArchiveReader) throws {
    if tail.count == 1, let split = Self.lists[tail[0]] {
      return try readList(split, member, reader)
    }
    guard let word = classes[tail[0]] else {
      return context.skip(
        tail[0] == "_background_noise_" ? "background noise" : "clips of other words"
      )
    }
    let name = tail.joined(separator: "/")
    guard names.insert(Array(name.utf8)).inserted else {
      throw reader.error(in: member, "the clip stands in the archive twice")
    }
    context.membersRead += 1
    if let fault = reader.sizeFault(of: member, limit: Self.clipLimit) {
      return try context.reject(fault)
    }
    let bytes = try reader.readAll(member, limit: Self.clipLimit)
    let file: WAVFile
    do {
      file = try WAVFile(bytes)
    } catch {
      return try bytes.withUnsafeBytes {
        try context.reject(reader.error(in: member, "\(error)"), bytes: $0)
      }
    }
    if file.count != Self.length {
      guard words.usesLists else { return context.skip("clips that are not a second long") }
      if file.count < Self.length { paddedCount += 1 } else { cutCount += 1 }
    }
    var samples = Array(file.samples.prefix(2 * Self.length))
    samples += [UInt8](repeating: 0, count: 2 * Self.length - samples.count)
    let slot = try samples.withUnsafeBytes { try context.spool($0) }
    clips.append(Clip(word: word, name: name, slot: slot))
  }

  private func readList(
    _ split: Split,
    _ member: ArchiveMember,
    _ reader: ArchiveReader
  ) throws {
    guard listed[split] == nil else {
      throw reader.error(in: member, "the list stands in the archive twice")
    }
    context.membersRead += 1
    var names: Set<[UInt8]> = []
    var bytes = try reader.readAll(member, limit: Self.listLimit)[...]
    if bytes.starts(with: LineReader.byteOrderMark) { bytes = bytes.dropFirst(3) }
    for (index, raw) in bytes.split(
      separator: UInt8(ascii: "\n"),
      omittingEmptySubsequences: false
    ).enumerated() {
      let line = raw.last == UInt8(ascii: "\r") ? raw.dropLast() : raw
      guard !line.isEmpty else { continue }
      guard line.allSatisfy({ (0x21...0x7E).contains($0) }),
        line.filter({ $0 == UInt8(ascii: "/") }).count == 1
      else {
        throw reader.error(
          in: member,
          line: index + 1,
          "'\(String(decoding: line.prefix(80), as: UTF8.self))' is not <word>/<clip>.wav"
        )
      }
      names.insert(Array(line))
    }
    listed[split] = names
  }

  func finish() throws -> CollectedTask {
    guard !clips.isEmpty else { throw context.error("there are no clips (<word>/<clip>.wav)") }
    clips.sort {
      $0.word != $1.word
        ? $0.word < $1.word : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
    let samples = clips.enumerated().map { index, clip in
      SpooledSample(id: Int64(index), label: Double(clip.word), slot: clip.slot)
    }
    let splits = words.usesLists ? try listedSplits(samples) : try drawnSplits(samples)
    guard let train = splits.first?.samples, !train.isEmpty else {
      throw context.error("no clips are left for training: the lists name them all")
    }
    return CollectedTask(
      input: .audio,
      elementType: .int16,
      encoding: .bytes,
      maximumLength: Self.length,
      fixedLength: Self.length,
      target: .classes(words.names.count, names: words.names),
      vocabulary: nil,
      normalization: Normalization(divisor: 32_768, mean: [0], standardDeviation: [1]),
      splits: splits,
      validationSplit: .validation,
      options: words.usesLists ? ["split": "lists"] : ["split_seeds": "0,1"],
      notes: [(paddedCount, "short clips are padded"), (cutCount, "long clips are cut")]
        .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" },
      attachments: [
        (
          name: StepStatistics.fileName,
          tensors: try StepStatistics(of: train, length: Self.length, in: context).tensors
        )
      ],
      memberPath: { [clips] in clips[Int($0.id)].name }
    )
  }

  /// The published splits; a clip in both lists is validation, as in the reference.
  private func listedSplits(
    _ samples: [SpooledSample]
  ) throws -> [(split: Split, samples: [SpooledSample])] {
    for (file, split) in Self.lists.sorted(by: { $0.key < $1.key }) where listed[split] == nil {
      throw context.error("the member \(file) is missing")
    }
    let absent = listed.values.reduce(into: Set<[UInt8]>()) { $0.formUnion($1) }
      .subtracting(names).count
    if absent > 0 { context.skipped["listed clips that are not in the archive"] = absent }
    var splits: [Split: [SpooledSample]] = [:]
    for (sample, clip) in zip(samples, clips) {
      let split = [Split.validation, .test].first {
        listed[$0]?.contains(Array(clip.name.utf8)) == true
      }
      splits[split ?? .train, default: []].append(sample)
    }
    return Split.allCases.map { ($0, splits[$0] ?? []) }
  }

  /// train_test_split(train_size=0.7, random_state=0, stratify), the rest halved with
  /// random_state=1 (docs/archives.md).
  private func drawnSplits(
    _ samples: [SpooledSample]
  ) throws -> [(split: Split, samples: [SpooledSample])] {
    let labels = clips.map(\.word)
    guard
      let first = TrainTestSplit(
        labels: labels,
        trainCount: Int(0.7 * Double(labels.count)),
        seed: 0
      ),
      let second = TrainTestSplit(
        labels: first.test.map { labels[$0] },
        trainCount: first.test.count / 2,
        seed: 1
      )
    else {
      throw context.error("there are too few clips of a word to share them among three splits")
    }
    return [
      (.train, first.train.map { samples[$0] }),
      (.validation, second.train.map { samples[first.test[$0]] }),
      (.test, second.test.map { samples[first.test[$0]] }),
    ]
  }
}
