/// A family of models whose kernels are sums of powers.
protocol PowerSumFamily {
  /// The terms of a kernel.
  var states: Int { get }
  /// 1 or 2 kernels a head.
  var kernels: Int { get }
  /// The parameters that heads share.
  var shared: SharedTensors { get }

  /// The sum that makes the kernels of one head.
  ///
  /// - Parameters:
  ///   - head: the channel.
  ///   - length: the positions of the kernel.
  ///   - parameters: the block of parameters.
  /// - Returns: w and r.
  func sum(of head: Int, length: Int, _ parameters: UnsafeMutablePointer<Float>) -> PowerSum

  /// Turns the gradient of a head's sum into that of the parameters.
  ///
  /// - Parameters:
  ///   - gradient: that of the sum.
  ///   - head: the channel.
  ///   - length: the positions of the kernel.
  ///   - parameters: the block of parameters.
  ///   - gradients: the block of gradients; the head's own are added to.
  ///   - sharedGradient: those of what heads share; overwritten.
  func backward(
    _ gradient: PowerSumGradient,
    of head: Int,
    length: Int,
    _ parameters: UnsafeMutablePointer<Float>,
    into gradients: UnsafeMutablePointer<Float>,
    sharedGradient: UnsafeMutablePointer<Float>
  )
}

/// The kernels of a family whose kernels are sums of powers.
struct PowerSumConvolution: ConvolutionKernel {
  let family: any PowerSumFamily
  let width: Int
  /// Sides whose kernels share nothing; those of side s belong to the heads from s * width on.
  var sides = 1

  private func kernel(length: Int) -> PowerSumKernel {
    PowerSumKernel(length: length, states: family.states, kernels: family.kernels)
  }

  func reserve(in plan: inout WorkspacePlan) {
    plan.needScratch(
      8 * family.kernels * plan.length + kernel(length: plan.length).scratchCount
    )
    plan.needPartials(sides * width * family.shared.count)
  }

  func forward(into kernel: UnsafeMutablePointer<Float>, _ pass: Pass) {
    let length = pass.length
    let sums = self.kernel(length: length)
    let tiles = Tiles(of: width, size: 8)
    pass.pool.parallelFor(sides * tiles.count) { index, worker in
      let heads = tiles[index % tiles.count]
      let side = index / tiles.count
      // [kernels, heads, length], turned over at the end.
      let values = pass.workspace.scratch(worker)
      let scratch = values + 8 * family.kernels * length
      for head in heads {
        let sum = family.sum(of: side * width + head, length: length, pass.parameters)
        sums.forward(sum, scratch: scratch) { kernel, source in
          let row = kernel * heads.count + head - heads.lowerBound
          (values + row * length).update(from: source, count: length)
        }
      }
      for index in 0..<family.kernels {
        transpose(
          Matrix(values + index * heads.count * length, rows: heads.count, columns: length),
          into: tile(
            of: kernel,
            index: side * family.kernels + index,
            heads: heads,
            length: length
          )
        )
      }
    }
  }

  func backward(_ kernelGradient: UnsafePointer<Float>, _ pass: Pass) {
    let length = pass.length
    let sums = kernel(length: length)
    let tiles = Tiles(of: width, size: 8)
    let partials = pass.workspace.partials
    pass.pool.parallelFor(sides * tiles.count) { index, worker in
      let heads = tiles[index % tiles.count]
      let side = index / tiles.count
      let values = pass.workspace.scratch(worker)
      let scratch = values + 8 * family.kernels * length
      for index in 0..<family.kernels {
        transpose(
          tile(
            of: UnsafeMutablePointer(mutating: kernelGradient),
            index: side * family.kernels + index,
            heads: heads,
            length: length
          ),
          into: Matrix(
            values + index * heads.count * length,
            rows: heads.count,
            columns: length
          )
        )
      }
      for head in heads {
        let sum = family.sum(of: side * width + head, length: length, pass.parameters)
        let gradient = sums.backward(sum, scratch: scratch) { kernel, target in
          let row = kernel * heads.count + head - heads.lowerBound
          target.update(from: values + row * length, count: length)
        }
        family.backward(
          gradient,
          of: side * width + head,
          length: length,
          pass.parameters,
          into: pass.gradients,
          sharedGradient: partials + (side * width + head) * family.shared.count
        )
      }
    }
    family.shared.add(partials, heads: sides * width, to: pass.gradients)
  }

  /// Some channels of one kernel, [length, heads].
  private func tile(
    of kernel: UnsafeMutablePointer<Float>,
    index: Int,
    heads: Range<Int>,
    length: Int
  ) -> Matrix {
    Matrix(kernel + index * length * width, rows: length, columns: width)[columns: heads]
  }
}
