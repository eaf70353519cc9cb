internal import ArgumentParser
internal import DataKit
internal import ToolSupport

/// `lra-prep inspect`: what a data set holds.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Describes a data set: schema, counts, lengths, labels, vocabulary, provenance.",
    discussion: """
      Examples:
        lra-prep inspect data/listops
        lra-prep inspect data/listops --json | jq .splits.train.samples
      """
  )

  @Argument(help: "The data set's folder.", completion: .directory)
  var folder: String
  @Flag(help: "Write the manifest as one line of JSON.")
  var json = false

  func run() throws {
    let manifest = try Manifest.read(from: folder)
    if json {
      return print(try JSONText.line(manifest))
    }
    print("task         \(manifest.task)  (\(manifest.format) \(manifest.version))")
    print(
      "input        \(manifest.input.rawValue), stored as \(manifest.elementType.rawValue), "
        + (manifest.fixedLength.map { "\($0) elements each" }
          ?? "up to \(manifest.maximumLength) elements")
    )
    if manifest.channels > 1 { print("channels     \(manifest.channels) per position") }
    if manifest.sequences > 1 { print("sequences    pairs") }
    print(
      "target       "
        + (manifest.target.classes.map { "one of \($0) classes" } ?? "a value to predict")
    )
    if let names = manifest.target.names {
      let shown = names.prefix(40).enumerated().map {
        "\($0) \($1.debugDescription.dropFirst().dropLast())"
      }
      print("             \(shown.joined(separator: ", "))\(names.count > 40 ? " …" : "")")
    }
    printSplits(manifest)
    if let vocabulary = manifest.vocabulary { printVocabulary(vocabulary) }
    if let normalization = manifest.normalization {
      let (mean, deviation) = (normalization.mean, normalization.standardDeviation)
      print("normalized   (v / \(normalization.divisor) - \(mean)) / \(deviation)")
    }
    if let set = manifest.fractions {
      let sizes = set.fractions.map { "\($0.fraction): \($0.samples)" }
      print("fractions    \(sizes.joined(separator: ", ")) samples of train, seed \(set.seed)")
    }
    for attachment in manifest.attachments { print("attachment   \(attachment.file)") }
    for mask in manifest.masks {
      print("mask set     \(mask.name), \(mask.variants) variants stored")
    }
    printProvenance(manifest)
  }

  private func printSplits(_ manifest: Manifest) {
    for split in Split.allCases {
      guard let description = manifest.splits[split.rawValue] else {
        print(
          "\(padded(split.rawValue))none of its own; \(manifest.validationSplit.rawValue) is used"
        )
        continue
      }
      let mean = (description.meanLength * 10).rounded() / 10
      print(
        "\(padded(split.rawValue))\(description.samples) samples in \(description.shards.count) "
          + "shards, lengths \(description.minimumLength) / \(mean) / "
          + "\(description.maximumLength) (shortest / mean / longest)"
      )
      if let least = description.minimumLabel, let greatest = description.maximumLabel {
        print("             labels from \(least) to \(greatest)")
        continue
      }
      let total = max(1, description.samples)
      let labels = description.labelCounts.enumerated().map { label, count in
        "\(label): \((Double(count) * 1000 / Double(total)).rounded() / 10) %"
      }
      print("             labels \(labels.joined(separator: "  "))")
    }
  }

  private func printVocabulary(_ vocabulary: VocabularyDescription) {
    print(
      "vocabulary   \(vocabulary.tokens.count) ids, \(vocabulary.tokenizer), tokens seen at least "
        + "\(vocabulary.minimumFrequency) times"
    )
    let tokens = vocabulary.tokens.map { $0.debugDescription.dropFirst().dropLast() }
    print(
      "             \(tokens.prefix(40).joined(separator: " "))\(tokens.count > 40 ? " …" : "")"
    )
  }

  private func printProvenance(_ manifest: Manifest) {
    let origin = manifest.provenance
    for input in origin.inputs {
      print("from         \(input.name), \(input.byteCount) bytes")
      print("             sha256 \(input.sha256)")
    }
    print("             folder '\(origin.prefix)'")
    print("             \(origin.membersRead) members read")
    for (reason, count) in origin.skipped.sorted(by: { $0.key < $1.key }) {
      print("             \(count) skipped: \(reason)")
    }
    print("made by      \(manifest.tool)")
    for (name, value) in manifest.options.sorted(by: { $0.key < $1.key }) {
      print("option       \(name) = \(value)")
    }
  }

  private func padded(_ text: String) -> String {
    text + String(repeating: " ", count: max(1, 13 - text.count))
  }
}
