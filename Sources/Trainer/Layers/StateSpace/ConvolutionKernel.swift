internal import ComplexModule

/// What makes the kernels of a layer from its parameters.
protocol ConvolutionKernel {
  /// Makes kernels of `length` positions possible, by changing parameters and buffers without
  /// changing the function they stand for.
  ///
  /// - Returns: the length that kernels are computed at.
  func extend(
    to length: Int,
    parameters: UnsafeMutablePointer<Float>,
    buffers: UnsafeMutablePointer<Float>,
    _ pool: WorkerPool
  ) -> Int

  /// The length that kernels for sequences of `length` are computed at, for a fresh network.
  func freshLength(for length: Int) -> Int

  /// Reserves what both passes need.
  func reserve(in plan: inout WorkspacePlan)

  /// Computes the kernels.
  ///
  /// - Parameters:
  ///   - kernel: [kernels, length, width]; overwritten.
  ///   - pass: the pass under way.
  func forward(into kernel: UnsafeMutablePointer<Float>, _ pass: Pass)

  /// Adds to the gradients of the parameters.
  ///
  /// - Parameters:
  ///   - kernelGradient: [kernels, length, width].
  ///   - pass: the pass under way.
  func backward(_ kernelGradient: UnsafePointer<Float>, _ pass: Pass)
}

extension ConvolutionKernel {
  func extend(
    to length: Int,
    parameters: UnsafeMutablePointer<Float>,
    buffers: UnsafeMutablePointer<Float>,
    _ pool: WorkerPool
  ) -> Int { length }

  func freshLength(for length: Int) -> Int { length }
}

/// Tensors that several heads share: head h uses copy h mod `copies` of each.
///
/// Every head leaves its gradient apart, so that heads can be worked on by any thread, and the sum
/// over the heads is taken in their order.
struct SharedTensors {
  /// Where the copies lie in the parameter block, one after the other, and the values of one copy.
  let tensors: [(offset: Int, count: Int)]
  let copies: Int

  /// The values of all tensors' gradients for one head.
  var count: Int { tensors.reduce(0) { $0 + $1.count } }

  /// Adds what the heads left.
  ///
  /// - Parameters:
  ///   - partials: [heads, count], the tensors in their order.
  ///   - heads: the number of heads.
  ///   - gradients: the block of gradients.
  func add(
    _ partials: UnsafePointer<Float>,
    heads: Int,
    to gradients: UnsafeMutablePointer<Float>
  ) {
    for head in 0..<heads {
      var source = partials + head * count
      for tensor in tensors {
        let target = gradients + tensor.offset + head % copies * tensor.count
        for index in 0..<tensor.count { target[index] += source[index] }
        source += tensor.count
      }
    }
  }
}

extension UnsafeMutablePointer<Float> {
  /// Complex numbers that lie as pairs from `offset` on.
  func complex(at offset: Int, count: Int) -> [ComplexDouble] {
    (0..<count).map {
      ComplexDouble(Double(self[offset + 2 * $0]), Double(self[offset + 2 * $0 + 1]))
    }
  }

  /// Real numbers from `offset` on.
  func doubles(at offset: Int, count: Int) -> [Double] {
    (0..<count).map { Double(self[offset + $0]) }
  }

  /// Adds complex numbers to pairs from `offset` on.
  func add(_ values: [ComplexDouble], at offset: Int) {
    for (index, value) in values.enumerated() {
      self[offset + 2 * index] += Float(value.real)
      self[offset + 2 * index + 1] += Float(value.imaginary)
    }
  }

  /// Writes complex numbers as pairs from `offset` on.
  func store(_ values: [ComplexDouble], at offset: Int) {
    for (index, value) in values.enumerated() {
      self[offset + 2 * index] = Float(value.real)
      self[offset + 2 * index + 1] = Float(value.imaginary)
    }
  }

  /// Writes real numbers from `offset` on.
  func store(_ values: [Double], at offset: Int) {
    for (index, value) in values.enumerated() { self[offset + index] = Float(value) }
  }

  /// This memory as `count` values of Double, which take the place of twice as many of Float.
  func asDoubles(_ count: Int) -> UnsafeMutablePointer<Double> {
    UnsafeMutableRawPointer(self).bindMemory(to: Double.self, capacity: count)
  }
}
