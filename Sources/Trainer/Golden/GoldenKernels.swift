/// Kernels of state-space models.
struct GoldenKernels {
  /// Sizes; the file's own names are H, N, S, channels and length.
  struct Sizes: Decodable {
    var width: Int
    var states: Int
    var copies: Int
    var kernels: Int
    var length: Int

    enum CodingKeys: String, CodingKey {
      case width = "H"
      case states = "N"
      case copies = "S"
      case kernels = "channels"
      case length
    }

    var areUsable: Bool {
      [width, states, copies, kernels, length].allSatisfy { (1...1 << 16).contains($0) }
    }
  }

  let record: GoldenRecord

  /// Kernels that are sums of powers: `family_variant.name`.
  func checkDiagonal() throws {
    let sizes = try GoldenFile.decode(Sizes.self, of: record.file)
    guard sizes.areUsable else {
      throw record.error("'config' has sizes of kernels, expected 1 ... 65536 each")
    }
    for tag in record.tags {
      // Averages have as many heads and states as their tensors, and kernels that share nothing.
      let average = try tag == "ema" ? record.shape("ema.delta") : [0, 0]
      guard average.count == 2 else {
        throw record.error("'ema.delta' has shape \(average), expected two axes")
      }
      let width = tag == "ema" ? average[0] : sizes.width
      guard let make = try family(tag, sizes, averages: (heads: average[0], states: average[1]))
      else { continue }
      let kernels = tag == "ema" ? 1 : sizes.kernels
      var layout = ParameterLayout()
      _ = make(&layout)
      try require(layout, tag, values: kernels * width * sizes.length)
      let bench = KernelCase(
        width: width,
        length: sizes.length,
        kernels: kernels,
        pool: record.pool
      ) { layout, _ in
        make(&layout)
      }
      try check(bench, tag)
    }
  }

  /// What makes the kernels of a tag; nil for another tag.
  private func family(
    _ tag: String,
    _ sizes: Sizes,
    averages: (heads: Int, states: Int)
  ) throws -> ((inout ParameterLayout) -> any ConvolutionKernel)? {
    func powers(_ family: any PowerSumFamily, width: Int) -> any ConvolutionKernel {
      PowerSumConvolution(family: family, width: width)
    }
    let parts = tag.split(separator: "_").map(String.init)
    let variant = parts.dropFirst().joined(separator: "-")
    let (width, states, kernels) = (sizes.width, sizes.states, sizes.kernels)
    let heads = averages.heads
    switch parts.first {
    case "s4d":
      let rule = try GoldenModelDescription.choose(
        tag,
        parts.last ?? "",
        of: ["bilinear": StateSpace.Discretization.bilinear, "zoh": .zeroOrderHold]
      )
      return {
        powers(
          S4D(
            "k",
            width: width,
            states: states,
            copies: sizes.copies,
            kernels: kernels,
            rule,
            in: &$0
          ),
          width: width
        )
      }
    case "dss":
      let (kind, scaling) = try scheme(ofDSS: tag, version: variant)
      return {
        powers(
          DSS("k", width: width, states: states, kernels: kernels, kind, scaling, in: &$0),
          width: width
        )
      }
    case "dlr":
      let version = try GoldenModelDescription.dlrVersion(variant)
      return { DLR("k", width: width, states: states, kernels: kernels, version, in: &$0) }
    case "ema":
      return {
        powers(MovingAverage("k", heads: heads, states: averages.states, in: &$0), width: heads)
      }
    default: return nil
    }
  }

  /// How a DSS case holds and scales its eigenvalues: those that are parameters themselves are free here,
  /// whatever the version.
  private func scheme(
    ofDSS tag: String,
    version: String
  ) throws -> (DSS.Eigenvalues, DSS.Scaling) {
    guard record.has("\(tag).lam") else {
      let version = try GoldenModelDescription.dssVersion(version)
      return (version.eigenvalues, version.scaling)
    }
    if version == "softmax" { return (.free, .softmax) }
    return (.free, version.contains("no-scale") ? .none : .inverse)
  }

  /// Refuses a case whose tensors do not have the sizes that the description says, before anything is
  /// computed.
  ///
  /// - Parameters:
  ///   - layout: the parameters, of the names "k.name".
  ///   - tag: the group of the file.
  ///   - names: the tensors in the file of parameters that are called otherwise there.
  ///   - values: the values of all kernels.
  /// - Throws: ``GoldenError`` when they do not.
  func require(
    _ layout: ParameterLayout,
    _ tag: String,
    names: [String: String] = [:],
    values: Int
  ) throws {
    for entry in layout.entries {
      let source = names[entry.name] ?? String(entry.name.dropFirst(2))
      try record.require("\(tag).\(source)", count: entry.range.count)
    }
    for name in ["y", "dy"] { try record.require("\(tag).\(name)", count: values) }
  }

  /// Compares kernels and the gradients of their parameters.
  ///
  /// - Parameters:
  ///   - bench: the kernels, with parameters of the names "k.name".
  ///   - tag: the group of the file.
  ///   - names: the tensors in the file of parameters that are called otherwise there.
  ///   - share: the error allowed.
  /// - Throws: ``GoldenError`` when tensors do not fit.
  func check(
    _ bench: KernelCase,
    _ tag: String,
    names: [String: String] = [:],
    share: Double = 2e-6
  ) throws {
    func source(_ name: String) -> String { names[name] ?? String(name.dropFirst(2)) }
    for entry in bench.parameters.layout.entries {
      let values: [Float] = try record.values("\(tag).\(source(entry.name))")
      guard values.count == entry.range.count else {
        throw record.error(
          "'\(tag).\(source(entry.name))' has \(values.count) values, expected \(entry.shape)"
        )
      }
      bench.parameters[entry.name] = values
    }
    try record.compare("\(tag).y", bench.forward(), share: share)
    bench.backward(try record.values("\(tag).dy"))
    for name in bench.parameters.layout.names {
      try record.compare("\(tag).d\(source(name))", bench.gradients[name], share: share)
    }
  }
}
