import DataKit
import FoundationEssentials
import TestSupport
import Testing

@testable import Trainer

/// A model file of `fixtures/golden`.
struct GoldenModel {
  let file: SafetensorsFile
  let description: Description
  /// Tensor name -> [largest magnitude, largest error of float32 PyTorch].
  let noise: [String: [Double]]

  struct Description: Decodable {
    struct Model: Decodable {
      struct Encoder: Decodable {
        let kind: String
        let vocab: Int?
        let `in`: Int?
      }
      struct Layer: Decodable {
        let kind: String
        let heads: Int?
        let expand: Int?
        let causal: Bool?
        let rotary: Bool?
        let window: Int?
        let back: Int?
        let fwd: Int?
        let dState: Int?
        let nSsm: Int?
        let rank: Int?
        let lMax: Int?
        let disc: String?
        let `init`: String?
        let version: String?
        let bidirectional: Bool?
        let post: String?
        let z: Int?
        let v: Int?
        let n: Int?
        let chunk: Int?
        let attn: String?
        let norm: String?
        let maxPositions: Int?
        let ffExpand: Int?
      }
      struct Decoder: Decodable {
        let kind: String
        let mode: String
        let out: Int?
        let useLengths: Bool?
        let nli: Bool?
      }
      let encoder: Encoder
      let dModel: Int
      let nLayers: Int
      let layers: [Layer]
      let pos: String?
      let posLen: Int?
      let prenorm: Bool
      /// Absent in networks of Mega layers, which have their own.
      let norm: String?
      let decoder: Decoder

      var normKind: NetworkConfiguration.Norm {
        get throws {
          let name = try #require(norm ?? layers[0].norm)
          return try #require(NetworkConfiguration.Norm(rawValue: name))
        }
      }
    }
    struct Optimizer: Decodable {
      /// "constant", or an object.
      struct Rate: Decodable {
        let schedule: Schedule

        private enum Field: String, CodingKey {
          case name, warmup, total
        }

        init(from decoder: any Swift.Decoder) throws {
          if let name = try? decoder.singleValueContainer().decode(String.self) {
            #expect(name == "constant")
            schedule = Schedule()
            return
          }
          let fields = try decoder.container(keyedBy: Field.self)
          #expect(try fields.decode(String.self, forKey: .name) == "cosine_warmup")
          schedule = Schedule(
            .cosine(total: try fields.decode(Int.self, forKey: .total)),
            warmUpSteps: try fields.decode(Int.self, forKey: .warmup)
          )
        }
      }
      let schedule: Rate
      let betas: [Double]
      let groups: [String: [Double]]
      let clipNorm: Double?
    }
    let model: Model
    let batch: Int
    let length: Int
    let loss: String
    let optimizer: Optimizer
  }

  init(_ name: String) throws {
    file = try SafetensorsFile(path: Fixtures.path("golden/\(name).safetensors"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let config = try #require(file.metadata["config"])
    description = try decoder.decode(Description.self, from: Data(config.utf8))
    let noise = try #require(file.metadata["noise"])
    self.noise = try JSONDecoder().decode([String: [Double]].self, from: Data(noise.utf8))
  }

  func tensor(_ name: String) throws -> [Float] { try file.elements(of: name) }

  func has(_ name: String) -> Bool { file.tensors[name] != nil }

  var configuration: NetworkConfiguration {
    get throws {
      let model = description.model
      let encoder: NetworkConfiguration.Encoder =
        model.encoder.kind == "embed"
        ? .embedding(vocabulary: try #require(model.encoder.vocab))
        : .linear(inputs: try #require(model.encoder.in))
      let layers = try model.layers.map { layer -> NetworkConfiguration.Layer in
        switch layer.kind {
        case "attn":
          .attention(
            heads: try #require(layer.heads),
            causal: layer.causal ?? false,
            rotary: layer.rotary ?? false
          )
        case "local":
          .localAttention(
            heads: try #require(layer.heads),
            window: try #require(layer.window),
            back: layer.back ?? 1,
            forward: layer.fwd ?? 1,
            causal: layer.causal ?? false,
            rotary: layer.rotary ?? false
          )
        case "ff": .feedForward(expand: try #require(layer.expand))
        case "s4", "s4d", "dss", "dlr":
          .stateSpace(model: try layer.stateSpace(width: model.dModel))
        case "mega": .mega(model: try layer.mega())
        default: throw NetworkError("unknown layer \(layer.kind)")
        }
      }
      let positions: NetworkConfiguration.Positions =
        switch model.pos {
        case "sin": .sinusoidal
        case "learned": .learned
        default: .none
        }
      return NetworkConfiguration(
        encoder: encoder,
        positions: positions,
        width: model.dModel,
        layers: layers,
        depth: model.nLayers,
        prenorm: model.prenorm,
        norm: try model.normKind,
        head: model.decoder.kind == "retrieval"
          ? (model.decoder.nli ?? true ? .pairs : .pairsConcatenated)
          : try #require(NetworkConfiguration.Head(rawValue: model.decoder.kind)),
        outputs: model.decoder.out ?? 0,
        pooling: try #require(NetworkConfiguration.Pooling(rawValue: model.decoder.mode)),
        poolsOverLengths: model.decoder.useLengths ?? false,
        maximumLength: model.posLen ?? 1
      )
    }
  }

  var batch: Batch {
    get throws {
      let input: Batch.Input =
        description.model.encoder.kind == "embed"
        ? .tokens(try file.elements(of: "in.x")) : .values(try file.elements(of: "in.x"))
      return Batch(
        rows: description.batch * (description.model.decoder.kind == "retrieval" ? 2 : 1),
        length: description.length,
        input: input,
        lengths: has("in.lengths") ? try file.elements(of: "in.lengths") : nil
      )
    }
  }

  var target: Target {
    get throws {
      description.loss == "ce"
        ? .classes(try file.elements(of: "in.target")) : .values(try file.elements(of: "in.target"))
    }
  }

  var groups: [String: AdamW.Group] {
    description.optimizer.groups.mapValues {
      AdamW.Group(learningRate: $0[0], weightDecay: $0[1])
    }
  }

  /// A network with the file's initial weights and running statistics.
  func network(_ pool: WorkerPool) throws -> Network {
    let network = Network(try configuration, pool: pool)
    #expect(Set(network.layout.names) == Set(description.optimizer.groups.keys))
    for entry in network.layout.entries {
      #expect(try file.description(of: "w.\(entry.name)").shape == entry.shape)
      network.parameters[entry.name] = try tensor("w.\(entry.name)")
    }
    for name in network.buffers.layout.names {
      network.buffers[name] =
        name.hasSuffix(".len")
        ? (try file.elements(of: "buf.\(name)") as [Int32]).map(Float.init)
        : try tensor("buf.\(name)")
    }
    return network
  }

  /// Compares values with the tensor of that name, allowing 16 times what float32 PyTorch is off
  /// and 1e-6 of the magnitude (the fair limit of the files' own description).
  func expect(
    _ name: String,
    _ actual: [Float],
    magnitude: Double? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let noise = try #require(noise[name], "no noise for \(name)")
    expectClose(
      actual,
      try tensor(name),
      absolute: 16 * noise[1] + 1e-6 * (magnitude ?? noise[0]),
      name,
      sourceLocation: sourceLocation
    )
  }
}
