extension Manifest {
  /// The command that makes the data set again of inputs of these names, but for what does not change
  /// samples.
  public func buildCommand(output: String) -> String {
    var words = ["lra-prep", "build", task]
    // The table of labels is an input that is named by an option of its own.
    let labels = task == "images" ? provenance.inputs.first { $0.name.hasSuffix(".tsv") } : nil
    if let labels { words += ["--labels", labels.name] }
    for input in provenance.inputs where input != labels {
      words += ["--input", input.name == "standard input" ? "-" : input.name]
    }
    words += ["--output", output]
    if !provenance.prefix.isEmpty { words += ["--prefix", provenance.prefix] }
    // What was faulty is faulty still, and would end the command.
    if !provenance.rejected.isEmpty { words += ["--on-error", ErrorPolicy.skip.rawValue] }
    let own = TaskDefinition.named(task)?.options ?? []
    for (name, key) in Self.optionKeys where own.contains(name) {
      guard let value = options[key] else { continue }
      words += [
        "--" + name.rawValue, name == .contourLength ? Self.contourLength(of: value) : value,
      ]
    }
    for mask in masks { words += ["--mask", mask.request] }
    return words.map(Self.quoted).joined(separator: " ")
  }

  /// Where the options of `lra-prep build` stand in ``options``.
  private static let optionKeys: [(TaskOptions.Name, String)] = [
    (.contourLength, "level"), (.textForm, "text_form"), (.tokenizer, "tokenizer"),
    (.specialTokens, "special_tokens"), (.maximumLength, "maximum_length"),
    (.minimumFrequency, "minimum_frequency"), (.textColumn, "text_column"),
    (.labelColumn, "label_column"), (.quoting, "quoting"), (.split, "split"),
    (.splitSeed, "split_seed"),
  ]

  /// The paddles of a level of Pathfinder, at the end of its folder's name; 6 are called the baseline.
  private static func contourLength(of level: String) -> String {
    level.split(separator: "_").last.flatMap { Int($0) }.map(String.init) ?? "6"
  }

  /// A word as a shell reads it back.
  private static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.allSatisfy {
        $0.isASCII && ($0.isLetter || $0.isNumber || "._-/=,:+@%".contains($0))
      }
    return isPlain
      ? word
      : "'"
        + word.split(
          separator: "'",
          omittingEmptySubsequences: false
        ).joined(separator: "'\\''") + "'"
  }
}

extension MaskSetDescription {
  /// What `--mask` is given for it: "token:0.5:seed=0:variants=2".
  fileprivate var request: String {
    guard let ratio else { return policy }
    let length = spanLength.map { ":length=\($0)" } ?? ""
    return "\(policy):\(ratio)\(length):seed=\(seed):variants=\(variants)"
  }
}
