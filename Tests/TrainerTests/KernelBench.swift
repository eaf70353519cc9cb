import TestSupport

@testable import Trainer

/// Makes the kernels of a model outside any network.
struct KernelBench {
  let parameters: ParameterStore
  let gradients: ParameterStore
  var buffers: ParameterStore
  private let kernel: any ConvolutionKernel
  private let pass: Pass
  private let count: Int
  private let width: Int

  init(
    width: Int,
    length: Int,
    kernelLength: Int = 0,
    kernels: Int,
    _ make: (inout ParameterLayout, inout ParameterLayout) -> any ConvolutionKernel
  ) {
    var (layout, bufferLayout) = (ParameterLayout(), ParameterLayout())
    kernel = make(&layout, &bufferLayout)
    parameters = ParameterStore(layout: layout)
    gradients = ParameterStore(layout: layout)
    buffers = ParameterStore(layout: bufferLayout)
    let pool = WorkerPool(threads: 2)
    var plan = WorkspacePlan(
      rows: 1,
      length: length,
      threads: pool.threads,
      kernelLength: kernelLength
    )
    kernel.reserve(in: &plan)
    count = kernels * length * width
    self.width = width
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

  /// [kernels, width, length], as fixtures have it.
  func forward() -> [Float] {
    let values = Values(rows: count, columns: 1)
    kernel.forward(into: values.base, pass)
    let length = pass.length
    return ConvolutionCase.turned(
      values.array,
      count: count / (width * length),
      outer: length,
      inner: width
    )
  }

  func backward(_ gradient: [Float]) {
    let length = pass.length
    let turned = ConvolutionCase.turned(
      gradient,
      count: count / (width * length),
      outer: width,
      inner: length
    )
    gradients.zero()
    let values = Values(turned, rows: count, columns: 1)
    kernel.backward(values.base, pass)
    withExtendedLifetime(self) {}
  }
}
