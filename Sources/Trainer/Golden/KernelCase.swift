/// The kernels of a model outside any network, with their gradients.
struct KernelCase {
  let parameters: ParameterStore
  let gradients: ParameterStore
  let buffers: ParameterStore
  private let kernel: any ConvolutionKernel
  private let pass: Pass
  private let buffer: FloatBuffer
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
    buffer = FloatBuffer(count: kernels * length * width)
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
    buffer.values.update(repeating: .nan)
    compute()
    return turned(Array(buffer.values), count: kernels, rows: pass.length, columns: width)
  }

  /// Sets the gradients of the parameters from that of the kernels, [kernels, width, length].
  func backward(_ gradient: [Float]) {
    gradients.zero()
    let rows = turned(gradient, count: kernels, rows: width, columns: pass.length)
    _ = buffer.values.update(fromContentsOf: rows)
    withExtendedLifetime(self) { kernel.backward(buffer.base, pass) }
  }

  /// The kernels that ``compute()`` left, [kernels, length, width].
  var values: UnsafeMutableBufferPointer<Float> { buffer.values }

  /// Computes the kernels where they lie in a layer.
  func compute() {
    // The pass points into the stores and does not keep them.
    withExtendedLifetime(self) { kernel.forward(into: buffer.base, pass) }
  }

  /// Sets the gradients of the parameters from that of the kernels as they lie in a layer.
  func differentiate(_ gradient: UnsafePointer<Float>) {
    gradients.zero()
    withExtendedLifetime(self) { kernel.backward(gradient, pass) }
  }
}
