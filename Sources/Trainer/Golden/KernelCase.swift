/// The kernels of a model outside any network, with their gradients.
struct KernelCase {
  let parameters: ParameterStore
  let gradients: ParameterStore
  let buffers: ParameterStore
  private let kernel: any ConvolutionKernel
  private let pass: Pass
  private let values: FloatBuffer
  private let kernels: Int
  private let width: Int

  /// A case of zeros; `make` adds the parameters and buffers.
  init(
    width: Int,
    length: Int,
    kernelLength: Int = 0,
    kernels: Int,
    pool: WorkerPool,
    _ make: (inout ParameterLayout, inout ParameterLayout) -> any ConvolutionKernel
  ) {
    (self.width, self.kernels) = (width, kernels)
    var (layout, bufferLayout) = (ParameterLayout(), ParameterLayout())
    kernel = make(&layout, &bufferLayout)
    parameters = ParameterStore(layout: layout)
    gradients = ParameterStore(layout: layout)
    buffers = ParameterStore(layout: bufferLayout)
    var plan = WorkspacePlan(
      rows: 1,
      length: length,
      threads: pool.threads,
      kernelLength: kernelLength
    )
    kernel.reserve(in: &plan)
    values = FloatBuffer(count: kernels * length * width)
    pass = Pass(
      parameters: parameters.base,
      gradients: gradients.base,
      buffers: buffers.base,
      workspace: Workspace(plan, reusing: nil),
      tables: PositionTables(width: nil, rotaryWidths: [], pool),
      transforms: FourierTransforms(),
      pool: pool,
      rows: 1,
      length: length,
      lengths: nil,
      isTraining: true,
      dropout: nil
    )
  }

  /// The kernels, [kernels, width, length].
  func forward() -> [Float] {
    // What is left unwritten shows.
    values.values.update(repeating: .nan)
    // The pass points into the stores and does not keep them.
    withExtendedLifetime(self) { kernel.forward(into: values.base, pass) }
    return turned(Array(values.values), count: kernels, rows: pass.length, columns: width)
  }

  /// Sets the gradients of the parameters from that of the kernels, [kernels, width, length].
  func backward(_ gradient: [Float]) {
    gradients.zero()
    let rows = turned(gradient, count: kernels, rows: width, columns: pass.length)
    _ = values.values.update(fromContentsOf: rows)
    withExtendedLifetime(self) { kernel.backward(values.base, pass) }
  }
}
