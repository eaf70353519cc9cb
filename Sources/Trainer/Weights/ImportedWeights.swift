internal import DataKit

/// Weights from elsewhere that become a checkpoint of this program.
public struct ImportedWeights: Sendable {
  /// Whose names the tensors have.
  public enum Kind: String, Codable, Sendable {
    /// Our own, from ``ExportedWeights``.
    case exported
    /// Those of GPT-NeoX models at Hugging Face.
    case gptNeoX = "gpt-neox"
    /// Those of the published code.
    case reference
  }

  /// Whose names the tensors have.
  public let kind: Kind
  /// The configuration that the file brings along; exported weights only.
  public let configuration: RunConfiguration?
  /// The file's path.
  public var path: String { files.path }
  private let files: WeightFiles

  /// Opens a safetensors file, the index of several or a folder with either.
  ///
  /// - Throws: ``CheckpointError`` when the names are of no known kind or what ``ExportedWeights`` wrote
  ///   is damaged, ``SafetensorsError`` or ``FileError`` when a file cannot be read.
  public init(at path: String) throws {
    files = try WeightFiles(path)
    configuration = try ExportedWeights.configuration(of: files)
    if configuration != nil {
      kind = .exported
    } else if GPTNeoX.hasNames(files) {
      kind = .gptNeoX
    } else if ReferenceWeights.hasNames(files) {
      kind = .reference
    } else {
      let isCheckpoint = files.metadata["format"] == Checkpoint.format
      throw CheckpointError(
        path: path,
        reason: isCheckpoint
          ? "it is a checkpoint of lra-train already"
          : "none of its tensors is called 'gpt_neox.…' or 'model.layers.…', and it was not exported",
        hint: isCheckpoint ? nil : "docs/checkpoints.md has the names that are known"
      )
    }
  }

  /// A preset's configuration with the input and outputs that the file has.
  ///
  /// Those of a GPT-NeoX model only when its embeddings are kept.
  ///
  /// - Throws: ``CheckpointError`` when the file does not say.
  public func fitted(
    _ configuration: RunConfiguration,
    keepsEmbeddings: Bool = false
  ) throws -> RunConfiguration {
    var fitted = configuration
    switch kind {
    case .exported: break
    case .reference:
      fitted.network = try ReferenceWeights.fitted(fitted.network, to: files)
    case .gptNeoX where keepsEmbeddings:
      for name in GPTNeoX.embeddingNames {
        guard let shape = files.shapes[name], shape.count == 2 else {
          throw CheckpointError(path: path, reason: "there is no tensor '\(name)' of two extents")
        }
        if name == GPTNeoX.embeddingNames[0] {
          fitted.network.encoder = .embedding(vocabulary: shape[0])
        } else {
          fitted.network.outputs = shape[0]
        }
      }
    case .gptNeoX: break
    }
    return fitted
  }

  /// A network with these weights; what the file lacks is drawn from the configuration's seed.
  ///
  /// - Parameters:
  ///   - configuration: of the network to be.
  ///   - keepsEmbeddings: whether a GPT-NeoX model's embedding and output map are taken too.
  ///   - pool: the threads of the network.
  /// - Returns: the network, and what became of every tensor.
  /// - Throws: ``CheckpointError`` when the network is of another shape, ``RunError`` when the configuration
  ///   makes no sense.
  public func network(
    for configuration: RunConfiguration,
    keepsEmbeddings: Bool = false,
    pool: WorkerPool
  ) throws -> (network: Network, report: TransferReport) {
    try configuration.check()
    let values =
      switch kind {
      case .exported: try ExportedWeights.read(files, for: configuration.network)
      case .reference: try ReferenceWeights.read(files, for: configuration.network)
      case .gptNeoX:
        try GPTNeoX.read(files, for: configuration.network, embeddings: keepsEmbeddings)
      }
    let network = Network(configuration.network, pool: pool)
    network.initialize(seed: configuration.seed)
    var report = TransferReport()
    for store in [network.parameters, network.buffers] {
      for name in store.layout.names {
        if let values = values[name] {
          store[name] = values
          report.loaded.append(name)
        } else {
          report.initialised.append(name)
        }
      }
    }
    if kind == .gptNeoX, !keepsEmbeddings {
      report.dropped = GPTNeoX.embeddingNames.filter { files.shapes[$0] != nil }
    }
    return (network, report)
  }
}

extension Checkpoint {
  /// Writes the weights of a network that has not been trained here.
  ///
  /// - Throws: ``FileError`` when the file cannot be written.
  public static func write(
    _ network: Network,
    _ configuration: RunConfiguration,
    to path: String
  ) throws {
    try write(network, nil, configuration, Progress(), to: path)
  }
}
