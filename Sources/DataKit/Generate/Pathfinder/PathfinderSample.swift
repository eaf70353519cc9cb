/// One generated image with what the metadata says of it.
public struct PathfinderSample: Sendable {
  /// The image, resolution x resolution bytes, row-major; the brightest pixel is 255.
  public let pixels: [UInt8]
  /// 1 if both markers lie on the ends of one snake, else 0.
  public let label: Int
  /// Half the gap between paddles, in pixels.
  public let margin: Int
  /// How many attempts at the two target snakes failed before one succeeded.
  public let restarts: Int
}

/// Makes Pathfinder images; sample i of a seed is the same whatever was made before it.
///
/// Source of the process: Linsley, Kim, Veerabadran, Windolf and Serre, "Learning long-range
/// spatial dependencies with horizontal gated recurrent units", NeurIPS 2018, and its program.
/// Build one for each thread from shared ``PathfinderModel``.
public struct PathfinderSampler: ~Copyable {
  private let model: PathfinderModel
  private let generator: Philox
  private var growers: [SnakeGrower]
  private let painter: PathfinderPainter

  /// A sampler of a model's images.
  ///
  /// - Parameters:
  ///   - model: the parameters and the tables worked out from them.
  ///   - seed: the user's seed.
  public init(model: PathfinderModel, seed: UInt64) {
    self.model = model
    generator = Philox(seed: seed, purpose: .sample)
    growers = model.tables.map { SnakeGrower(tables: $0, parameters: model.parameters) }
    painter = PathfinderPainter(parameters: model.parameters)
  }

  /// The image with a number.
  ///
  /// - Parameter index: 0 ..< 2^32.
  /// - Returns: the image with its label.
  /// - Throws: ``GenerateError`` if the target snakes never find room.
  public mutating func sample(at index: Int) throws(GenerateError) -> PathfinderSample {
    var random = PhiloxStream(generator, UInt32(index))
    let label = random.next(below: 2)
    let choice = random.next(below: model.tables.count)
    let grower = growers[choice]
    let tables = model.tables[choice]
    let (tips, restarts) = try grower.growTargets(random: &random)
    grower.growDistractors(random: &random)
    let origin = random.next(below: 2)
    let terminal = label == 1 ? origin : 1 - origin
    let pixels = painter.paint(
      grower.paddles,
      stamps: tables.stamps,
      markers: [tips[origin].first, tips[terminal].last]
    )
    grower.clear()
    return PathfinderSample(
      pixels: pixels,
      label: label,
      margin: tables.margin,
      restarts: restarts
    )
  }
}

/// The parameters of Pathfinder images with the tables that follow from them.
public final class PathfinderModel: Sendable {
  /// What shapes the images.
  public let parameters: PathfinderParameters
  /// One for each margin.
  let tables: [PaddleTables]

  /// Works out the tables.
  ///
  /// - Throws: ``GenerateError`` if the parameters contradict themselves.
  public init(parameters: PathfinderParameters) throws(GenerateError) {
    if let problem = parameters.problem { throw GenerateError(reason: problem) }
    self.parameters = parameters
    tables = parameters.margins.map { PaddleTables(parameters: parameters, margin: $0) }
    guard tables.allSatisfy({ $0.seeds.contains { !$0.footprint.isEmpty } }) else {
      throw GenerateError(reason: "no snake can start with these parameters")
    }
  }
}
