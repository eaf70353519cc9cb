/// Long convolutions; inputs are [rows, width, length], kernels [width, length].
struct GoldenConvolutions {
  let record: GoldenRecord

  func check() throws {
    for tag in record.tags {
      switch tag.prefix(while: { $0 != "." }) {
      case "one": try check(tag, .causal, kernels: ["k"])
      case "two": try check(tag, .bothApart, kernels: ["kf", "kb"])
      case "centre": try check(tag, .bothCentered, kernels: ["kf", "kb"])
      default: break
      }
    }
  }

  private func check(_ tag: String, _ sides: ConvolutionShape.Sides, kernels: [String]) throws {
    let (input, kernel) = (try record.shape("\(tag).u"), try record.shape("\(tag).\(kernels[0])"))
    guard input.count == 3, kernel.count == 2, kernel[0] == input[1] else {
      throw record.error(
        "'\(tag)' has inputs \(input) and kernels \(kernel), expected [rows, width, length] and [width, length]"
      )
    }
    let (rows, width, length) = (input[0], input[1], input[2])
    let others = try kernels.map { try record.shape("\(tag).\($0)") }
    guard sides != .bothCentered || kernel[1] == length else {
      throw record.error("'\(tag)' has kernels \(kernel), expected \([input[1], length])")
    }
    guard try record.shape("\(tag).dy") == input, others.allSatisfy({ $0 == kernel }) else {
      throw record.error("'\(tag)' has kernels \(others), expected all alike, and dy as u \(input)")
    }
    let shape = ConvolutionShape(
      length: length,
      kernelLength: kernel[1],
      width: width,
      sides: sides
    )
    func sequences(_ name: String) throws -> Matrix {
      record.matrix(
        turned(try record.values("\(tag).\(name)"), count: rows, rows: width, columns: length),
        rows: rows * length,
        columns: width
      )
    }
    let values = try kernels.flatMap {
      turned(try record.values("\(tag).\($0)"), count: 1, rows: width, columns: kernel[1])
    }
    let places = record.matrix(values, rows: values.count, columns: 1)
    let gradient = record.matrix(rows: values.count, columns: 1)
    let (u, dy) = (try sequences("u"), try sequences("dy"))
    let y = record.matrix(rows: u.rows, columns: width)
    let du = record.matrix(rows: u.rows, columns: width)
    let scratch = record.matrix(rows: record.pool.threads, columns: shape.scratchCount).base
    let transform = RealFourierTransform(length: shape.transformLength)
    let (skip, skipGradient) = (record.zeros(width), record.zeros(width))
    convolutionForward(
      u,
      kernel: places.base,
      skip: nil,
      counts: nil,
      into: y,
      shape,
      transform: transform,
      scratch: { scratch + $0 * shape.scratchCount },
      record.pool
    )
    convolutionBackward(
      dy,
      input: u,
      kernel: places.base,
      skip: skip,
      counts: nil,
      into: du,
      adds: false,
      kernelGradient: gradient.base,
      skipGradient: skipGradient,
      shape,
      transform: transform,
      scratch: { scratch + $0 * shape.scratchCount },
      record.pool
    )
    func split(_ matrix: Matrix) -> [Float] {
      turned(matrix.contiguousValues, count: rows, rows: length, columns: width)
    }
    try record.compare("\(tag).y", split(y))
    try record.compare("\(tag).du", split(du))
    for (index, name) in kernels.enumerated() {
      let part = gradient[rows: index * kernel[1] * width..<(index + 1) * kernel[1] * width]
      let found = turned(part.contiguousValues, count: 1, rows: kernel[1], columns: width)
      try record.compare("\(tag).d\(name)", found)
    }
  }
}
