/// A state-space layer: long convolution, activation, linear map, gate.
///
/// v = k * u + d u; z = f(v) W^T + b, f mostly gelu; y = z_1 sigmoid(z_2), or z without a gate. v and z are kept for the
/// backward pass, and so is k.
struct StateSpaceLayer: Layer {
  private let model: StateSpace
  private let kernel: any ConvolutionKernel
  private let kernels: Int
  private let width: Int
  private let isGated: Bool
  private let masksInput: Bool
  private let activation: Activation
  private let skip: Int
  private let output: LinearPlace
  private let dropoutSite: Int
  private var kernelValues = Slot()
  private var convolved = Slot()
  private var mapped = Slot()

  /// A layer whose parameters are the kernel's, "name.d", [1, width], and "name.out.weight" and
  /// "name.out.bias".
  init(
    _ name: String,
    _ model: StateSpace,
    width: Int,
    dropoutSite: Int,
    in layout: inout ParameterLayout,
    buffers: inout ParameterLayout
  ) {
    (self.model, self.width, self.dropoutSite) = (model, width, dropoutSite)
    activation = model.activation ?? .gelu
    (kernels, isGated, masksInput) = (model.kernels, model.gated, model.masksInput)
    kernel = Self.kernel(name, model, width: width, in: &layout, buffers: &buffers)
    skip = layout.add("\(name).d", [1, width]).lowerBound
    output = LinearPlace(
      "\(name).out",
      inputs: width,
      outputs: model.gated ? 2 * width : width,
      in: &layout
    )
  }

  /// What makes the kernels of a model.
  static func kernel(
    _ name: String,
    _ model: StateSpace,
    width: Int,
    in layout: inout ParameterLayout,
    buffers: inout ParameterLayout
  ) -> any ConvolutionKernel {
    let family: any PowerSumFamily
    switch model.family {
    case .s4(let states, let copies, let rank, let maximumLength):
      return S4(
        name,
        width: width,
        states: states / 2,
        copies: copies,
        rank: rank,
        maximumLength: maximumLength,
        kernels: model.kernels,
        in: &layout,
        buffers: &buffers
      )
    case .s4d(let states, let copies, let rule, _, _):
      family = S4D(
        name,
        width: width,
        states: states / 2,
        copies: copies,
        kernels: model.kernels,
        rule,
        in: &layout
      )
    case .dss(let states, let version):
      family = DSS(
        name,
        width: width,
        states: states,
        kernels: model.kernels,
        version,
        in: &layout
      )
    case .dlr(let states, let version):
      return DLR(
        name,
        width: width,
        states: states,
        kernels: model.kernels,
        version,
        in: &layout
      )
    }
    return PowerSumConvolution(family: family, width: width)
  }

  func extendKernel(
    to length: Int,
    parameters: UnsafeMutablePointer<Float>,
    buffers: UnsafeMutablePointer<Float>,
    _ pool: WorkerPool
  ) -> Int {
    kernel.extend(
      to: model.kernelLength(for: length),
      parameters: parameters,
      buffers: buffers,
      pool
    )
  }

  func freshKernelLength(for length: Int) -> Int {
    kernel.freshLength(for: model.kernelLength(for: length))
  }

  var kernelSlot: Slot? { kernelValues }

  private func shape(length: Int) -> ConvolutionShape {
    ConvolutionShape(
      length: length,
      kernelLength: model.kernelLength(for: length),
      width: width,
      sides: kernels == 1 ? .causal : .bothApart
    )
  }

  private let tileRows = 256

  private func kernelCount(length: Int) -> Int {
    kernels * model.kernelLength(for: length) * width
  }

  /// The pass as the kernels see it, whose positions are their own.
  private func kernelPass(_ pass: Pass) -> Pass {
    var kernelPass = pass
    kernelPass.length = model.kernelLength(for: pass.length)
    return kernelPass
  }

  mutating func reserve(in plan: inout WorkspacePlan) {
    let shape = shape(length: plan.length)
    kernelValues = plan.keep(kernelCount(length: plan.length))
    convolved = plan.keep(plan.positions * width)
    mapped = plan.keep(plan.positions * output.outputs)
    kernel.reserve(in: &plan)
    plan.needScratch(shape.scratchCount)
    plan.needTransform(shape.transformLength)
    plan.needScratch(tileRows * (width + output.outputs))
    plan.needTemporary(plan.positions * width + kernelCount(length: plan.length))
    output.reserve(in: &plan, rows: plan.positions)
  }

  /// The positions of each row that the convolution sees.
  private func counts(_ pass: Pass) -> [Int]? { masksInput ? pass.lengths : nil }

  func forward(_ input: Matrix, adding residual: Matrix?, into output: Matrix, _ pass: Pass) {
    let shape = shape(length: pass.length)
    let values = pass.workspace[kernelValues]
    let convolved = pass.matrix(convolved, columns: width)
    let mapped = pass.matrix(mapped, columns: self.output.outputs)
    kernel.forward(into: values, kernelPass(pass))
    convolutionForward(
      input,
      kernel: values,
      skip: pass.parameters + skip,
      counts: counts(pass),
      into: convolved,
      shape,
      transform: pass.transforms(shape.transformLength),
      scratch: pass.workspace.scratch,
      pass.pool
    )
    let weight = self.output.packedForward(pass)
    let tiles = Tiles(of: pass.positions, size: tileRows)
    pass.pool.parallelFor(tiles.count) { index, worker in
      let rows = tiles[index]
      let active = Matrix(pass.workspace.scratch(worker), rows: rows.count, columns: width)
      activation.forward(convolved[rows: rows].base, into: active.base, count: rows.count * width)
      pass.dropout?.apply(to: active, firstRow: rows.lowerBound, site: dropoutSite)
      linearTile(
        active,
        weight: weight,
        bias: self.output.bias(pass.parameters),
        adding: isGated ? nil : residual?[rows: rows],
        into: isGated ? mapped[rows: rows] : output[rows: rows]
      )
      if isGated {
        gateForward(mapped[rows: rows], adding: residual?[rows: rows], into: output[rows: rows])
      }
    }
  }

  func backward(
    _ outputGradient: Matrix,
    input: Matrix,
    into inputGradient: Matrix,
    adds: Bool,
    _ pass: Pass
  ) {
    let shape = shape(length: pass.length)
    let values = pass.workspace[kernelValues]
    let convolvedGradient = Matrix(
      pass.workspace.temporary,
      rows: pass.positions,
      columns: width
    )
    let kernelGradient = pass.workspace.temporary + pass.positions * width
    pointwiseBackward(outputGradient, into: convolvedGradient, pass)
    convolutionBackward(
      convolvedGradient,
      input: input,
      kernel: values,
      skip: pass.parameters + skip,
      counts: counts(pass),
      into: inputGradient,
      adds: adds,
      kernelGradient: kernelGradient,
      skipGradient: pass.gradients + skip,
      shape,
      transform: pass.transforms(shape.transformLength),
      scratch: pass.workspace.scratch,
      pass.pool
    )
    kernel.backward(kernelGradient, kernelPass(pass))
  }

  /// The backward pass of everything behind the convolution.
  private func pointwiseBackward(_ outputGradient: Matrix, into gradient: Matrix, _ pass: Pass) {
    let pieces = Tiles(summing: pass.positions)
    let count = output.parameterCount
    let weight = output.packedBackward(pass)
    let convolved = pass.matrix(convolved, columns: width)
    let mapped = pass.matrix(mapped, columns: output.outputs)
    pass.pool.parallelFor(pieces.count) { index, worker in
      let piece = pieces[index]
      let partials = pass.workspace.partials + index * count
      let tiles = Tiles(of: piece.count, size: tileRows)
      for tile in 0..<tiles.count {
        let first = piece.lowerBound + tiles[tile].lowerBound
        let rows = first..<first + tiles[tile].count
        let active = Matrix(pass.workspace.scratch(worker), rows: rows.count, columns: width)
        var mappedGradient = outputGradient[rows: rows]
        if isGated {
          mappedGradient = Matrix(
            active.base + rows.count * width,
            rows: rows.count,
            columns: output.outputs
          )
          gateBackward(outputGradient[rows: rows], input: mapped[rows: rows], into: mappedGradient)
        }
        let target = gradient[rows: rows]
        multiply(mappedGradient, weight, into: target)
        pass.dropout?.apply(to: target, firstRow: first, site: dropoutSite)
        activation.backward(
          convolved[rows: rows].base,
          output: active.base,
          gradient: target.base,
          count: rows.count * width
        )
        pass.dropout?.apply(to: active, firstRow: first, site: dropoutSite)
        addLinearGradients(mappedGradient, input: active, into: partials, adds: tile > 0)
      }
    }
    addPartials(
      pass.workspace.partials,
      pieces: pieces.count,
      count: count,
      into: pass.gradients + output.offset,
      pass.pool
    )
  }
}
