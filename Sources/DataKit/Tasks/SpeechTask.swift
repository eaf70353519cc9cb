extension TaskDefinition {
  /// Speech: spoken words as raw sound, 35 classes (docs/archives.md).
  static let speech = speechCommands(
    name: "speech",
    aliases: ["sc35"],
    words: SpeechWords.all,
    samples: [.train: 84_843, .validation: 9_981, .test: 11_005],
    isInSuite: true
  )

  /// The variant with ten of the words (docs/archives.md).
  static let speech10 = speechCommands(
    name: "speech10",
    aliases: ["sc10"],
    words: SpeechWords.ten,
    samples: [.train: 24_482, .validation: 5_246, .test: 5_247],
    isInSuite: false
  )

  private static func speechCommands(
    name: String,
    aliases: [String],
    words: SpeechWords,
    samples: [Split: Int],
    isInSuite: Bool
  ) -> TaskDefinition {
    let count = words.names.count
    return TaskDefinition(
      name: name,
      aliases: aliases,
      summary: "\(count) spoken words as 16,000 sound samples (speech_commands_v0.02.tar.gz)",
      expectedMembers: "<word>/<clip>.wav, testing_list.txt and validation_list.txt",
      source: "http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
      publication: Publication(
        archive: "speech_commands_v0.02.tar.gz",
        byteCount: nil,
        samples: samples,
        classes: count,
        length: "16,000 samples, one second"
      ),
      isInSuite: isInSuite,
      locate: { parts in
        guard let name = parts.last else { return nil }
        if SpeechCollector.lists[name] != nil { return (Array(parts.dropLast()), [name]) }
        guard name.hasSuffix(".wav"), let folder = parts.dropLast().last,
          SpeechWords.all.names.contains(String(folder)) || folder == "_background_noise_"
        else { return nil }
        return (Array(parts.dropLast(2)), [folder, name])
      },
      makeCollector: { SpeechCollector($0, words) }
    )
  }
}

/// The words of a Speech Commands task, in class order, and what the reference does with them.
struct SpeechWords: Sendable {
  let names: [String]
  /// Whether the splits are the published lists and short clips are padded; if not, splits are
  /// drawn and clips of another length are left out.
  let usesLists: Bool

  /// All 35, in the reference's order.
  static let all = SpeechWords(
    names: [
      "bed", "cat", "down", "five", "forward", "go", "house", "left", "marvin", "no", "on",
      "right", "sheila", "tree", "up", "visual", "yes", "backward", "bird", "dog", "eight",
      "follow", "four", "happy", "learn", "nine", "off", "one", "seven", "six", "stop", "three",
      "two", "wow", "zero",
    ],
    usesLists: true
  )

  /// Ten of them, in the reference's order.
  static let ten = SpeechWords(
    names: ["yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"],
    usesLists: false
  )
}
