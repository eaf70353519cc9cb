internal import DataKit

/// Where a run takes its first weights from: a checkpoint of this program or a GPT-NeoX model.
public struct WeightSource: Sendable {
  /// The checkpoint's or model's path.
  public let path: String
  /// The checkpoint, with the configuration that it was trained with; nil for a model from elsewhere.
  public let checkpoint: Checkpoint?
  private let model: WeightFiles?

  /// Opens what lies at a place: a run's folder (its best weights, else the last), a checkpoint file, or a
  /// GPT-NeoX model as a safetensors file, the index of several or a folder with either.
  ///
  /// - Throws: ``CheckpointError`` or ``RunError`` when it is none of them, ``SafetensorsError`` when it is
  ///   damaged, ``FileError`` when it cannot be read.
  public init(at place: String) throws {
    let isFile = place.hasSuffix(".safetensors") || place.hasSuffix(".json")
    if !isFile, !WeightFiles.isModelFolder(place) {
      path = try RunFolder.checkpointPath(at: place)
      (checkpoint, model) = (try Checkpoint(reading: path), nil)
      return
    }
    path = place
    let files = try WeightFiles(place)
    if GPTNeoX.hasNames(files) {
      (checkpoint, model) = (nil, files)
      return
    }
    guard files.metadata["format"] == Checkpoint.format else {
      throw CheckpointError(
        path: place,
        reason: "neither a checkpoint of lra-train nor a GPT-NeoX model",
        hint: "'lra-train import' makes a checkpoint of other weights"
      )
    }
    (checkpoint, model) = (try Checkpoint(reading: place), nil)
  }

  /// Copies what a network can use into it; it must have been initialised.
  ///
  /// Of a checkpoint that is everything but the head, of a GPT-NeoX model the layers and the last norm:
  /// its embedding and output map are for another vocabulary.
  ///
  /// - Throws: ``CheckpointError`` when the architectures differ; the network is unchanged then.
  func transfer(to network: Network) throws -> TransferReport {
    if let checkpoint { return try checkpoint.transfer(to: network) }
    guard let model else { preconditionFailure("WeightSource: neither checkpoint nor model") }
    let values = try GPTNeoX.read(model, for: network.configuration, embeddings: false)
    var report = TransferReport()
    for name in network.layout.names {
      if let values = values[name] {
        network.parameters[name] = values
        report.loaded.append(name)
      } else {
        report.initialised.append(name)
      }
    }
    report.dropped = GPTNeoX.embeddingNames.filter { model.shapes[$0] != nil }
    return report
  }
}
