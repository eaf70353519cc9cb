public import ArgumentParser
public import DataKit
public import Tokenizers

/// The options of single tasks on the command line; each task refuses what is not its own.
struct TaskOptionArguments: ParsableArguments {
  @Option(help: "Pathfinder: the level, in paddles of a target snake (default: 14).")
  var contourLength: Int?
  @Option(help: "Retrieval: texts as they stand in the release, literal, or decoded.")
  var textForm: TaskOptions.TextForm?
  @Option(help: "Text, tsv: byte, character or words (default: character).")
  var tokenizer: TokenizerKind?
  @Option(help: "Text, tsv: standard, cls (reserves <cls>) or no-mask (leaves <mask> out).")
  var specialTokens: SpecialTokens?
  @Option(help: "Text, tsv: the most tokens of a text, its end included (default: 4096).")
  var maxLength: Int?
  @Option(help: "Text, tsv: rarer tokens become <unk> (default: 15 for text, 1 for tsv).")
  var minFrequency: Int?
  @Option(
    help: "Tsv: the column of the text, a name in the header or a number (default: text)."
  )
  var textColumn: String?
  @Option(help: "Tsv: the column of the label, likewise (default: label).")
  var labelColumn: String?
  @Option(
    help: "Tsv, images: standard (cells may stand in double quotes) or none (default: standard)."
  )
  var quoting: TableQuoting?
  @Option(help: "Images: the table of labels (.tsv), lines of <path>, tab, <label>.")
  var labels: String?
  @Option(
    help: "Tsv, images: shares of train, validation and test (default: 0.8,0.1,0.1)."
  )
  var split: String?
  @Option(help: "Tsv, images: the seed of the split (default: 42).")
  var splitSeed: UInt32?

  /// The table of labels as an input that is read before the others.
  var labelInputs: [String] { labels.map { [$0] } ?? [] }

  /// The options as the library takes them.
  func options() throws -> TaskOptions {
    var options = TaskOptions()
    options.contourLength = contourLength
    options.textForm = textForm
    options.tokenizer = tokenizer
    options.specialTokens = specialTokens
    options.maximumLength = maxLength
    options.minimumFrequency = minFrequency
    options.textColumn = textColumn
    options.labelColumn = labelColumn
    options.quoting = quoting
    options.splitSeed = splitSeed
    if let split {
      let numbers = split.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
      guard numbers.count == 3, let train = numbers[0], let validation = numbers[1],
        let test = numbers[2],
        let shares = SplitShares(train: train, validation: validation, test: test)
      else {
        throw ValidationError(
          "--split must be three shares that add up to 1, such as 0.8,0.1,0.1, not '\(split)'"
        )
      }
      options.split = shares
    }
    return options
  }
}

extension TaskOptions.TextForm: ExpressibleByArgument {}
extension TableQuoting: ExpressibleByArgument {}
extension TokenizerKind: ExpressibleByArgument {}
extension SpecialTokens: ExpressibleByArgument {}
