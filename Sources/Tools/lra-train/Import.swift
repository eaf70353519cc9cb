internal import ArgumentParser
internal import DataKit
internal import Trainer

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a run or a checkpoint of weights from elsewhere.",
    discussion: """
      Reads what 'export' wrote, GPT-NeoX models with the names of Hugging Face, and \
      weights with the names of the paper's published code, converted to safetensors: \
      one file, the index of several, or their folder. Exported weights bring their \
      configuration; for the others a preset says what the network is, and input and \
      outputs are those of the file. Of a GPT-NeoX model the embedding and the output \
      map are drawn anew unless --keep-embeddings is given.

      The result is for 'evaluate --run' and for '--from'.

      Examples:
        lra-train import --from b.safetensors --output b-again
        lra-train import --from published.safetensors --preset paper-s4-image -o s4
        lra-train import --from pythia-70m --preset paper-pythia-70m-text \\
          --stage pretrain --data data/text -o pythia
        lra-train finetune --data data/text --preset paper-pythia-70m-text --from pythia
      """
  )

  @Option(help: "The weights: a safetensors file, the index of several, or their folder.")
  var from: String

  @Option(help: "The preset whose network they are for; see 'lra-train presets'.")
  var preset: String?

  @Option(
    help: ArgumentHelp(
      "A JSON file with any fields of a run's config.json, laid over the preset.",
      valueName: "file"
    )
  )
  var config: String?

  @Option(help: "The stage whose network they are for.")
  var stage: RunConfiguration.Stage?

  @Option(help: "The data set they are for; 'evaluate' then finds it.")
  var data: String?

  @Flag(help: "Take embedding and output map of a GPT-NeoX model too.")
  var keepEmbeddings = false

  @Option(name: .shortAndLong, help: "The run's folder or name, or a .safetensors checkpoint.")
  var output: String

  @Flag(help: "Replace what is there.")
  var force = false

  mutating func validate() throws { try refuseStandardInput(data) }

  func run() throws {
    let weights = try ImportedWeights(at: from)
    let configuration = try configuration(for: weights)
    let place = runPath(output)
    let isFile = place.hasSuffix(".safetensors")
    guard place != from else {
      throw RunError(place, "the checkpoint would replace the weights it is made of")
    }
    let folder = RunFolder(place)
    if isFile, !force, (try? readFile(place)) != nil {
      throw RunError(place, "the file is there already", hint: "replace it by --force")
    }
    if !isFile, !force { try folder.checkVacant() }
    let (network, report) = try weights.network(
      for: configuration,
      keepsEmbeddings: keepEmbeddings,
      pool: WorkerPool(threads: 1)
    )
    if !isFile { try folder.create(replacing: force) }
    try Checkpoint.write(network, configuration, to: isFile ? place : folder.best)
    if !isFile { try AtomicFile.write(configuration.encoded(), to: folder.configuration) }
    print("\(isFile ? "checkpoint" : "run") \(place)")
    print("names \(weights.kind.rawValue)")
    print("loaded \(report.loaded.count) tensors")
    for (label, names) in [("dropped", report.dropped), ("initialised", report.initialised)]
    where !names.isEmpty {
      print("\(label) \(names.joined(separator: ", "))")
    }
  }

  private func configuration(for weights: ImportedWeights) throws -> RunConfiguration {
    if keepEmbeddings, weights.kind != .gptNeoX {
      throw ValidationError("'--keep-embeddings' is for GPT-NeoX models")
    }
    if keepEmbeddings, stage != .pretrain {
      throw ValidationError("'--keep-embeddings' needs '--stage pretrain'")
    }
    let dataSet = try data.map { try DataSet(opening: $0) }
    var result: RunConfiguration
    if let own = weights.configuration {
      guard preset == nil, config == nil, stage == nil else {
        throw ValidationError(
          "'\(from)' has its own configuration: leave out '--preset', '--config' and '--stage'"
        )
      }
      result = own
    } else {
      guard let preset else {
        throw ValidationError("Missing expected argument '--preset <preset>'")
      }
      let named = try Preset.named(preset)
      result = named.configuration(for: stage ?? .finetune)
      if let config { result = try result.merged(withJSON: readFile(config), from: config) }
      result = result.fitted(to: dataSet.map { DataShape($0.manifest) } ?? named.shape)
      result = try weights.fitted(result, keepsEmbeddings: keepEmbeddings)
    }
    if let dataSet { (result.data, result.dataDigest) = (dataSet.folder, dataSet.digest) }
    return result
  }
}
