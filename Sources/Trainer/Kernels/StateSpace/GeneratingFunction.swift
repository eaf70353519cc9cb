internal import ComplexModule

/// The spectrum of S4's kernels, one head at a time, in Double.
///
/// At the nodes z = 2 i tan(pi l / n) let r(x, y) = dt sum over both states of every pair of x y / (z - dt w).
/// By Woodbury's identity the kernel C' of a normal plus low rank matrix has the spectrum
///
///     K_c = (r(B, C_c) - r(B, P*) (I + r(P, P*))^-1 r(P, C_c)) (1 + i tan(pi l / n))
///
/// and at n / 2, where the tangent is infinite, the limit dt Re sum B C_c (Gu, Goel and Re 2022, appendix C.3).
///
/// With y = Im z and ŵ = dt w, the two states of a pair add up to (i y 2 Re v - 2 Re(v conj ŵ)) / d with v = x y and
/// d = |ŵ|^2 - y^2 - 2 i y Re ŵ. Its numerators are real, so that all r of a block of nodes are one product of real matrices.
struct GeneratingFunction {
  let states: Int
  let rank: Int
  let kernels: Int
  /// n.
  let length: Int
  /// The nodes below n / 2.
  let nodeCount: Int
  /// tan(pi l / n) for 0 <= l < n / 2, then zeros that fill up the last group of nodes.
  let tangents: [Double]

  /// Nodes that are treated at once: whole groups of ``ComplexNodes``.
  static let block = 128

  init(states: Int, rank: Int, kernels: Int, length: Int) {
    self.states = states
    self.rank = rank
    self.kernels = kernels
    self.length = length
    nodeCount = (length + 1) / 2
    let filler = [Double](repeating: 0, count: ComplexNodes.count)
    tangents = (0..<nodeCount).map { Double.tan(.pi * Double($0) / Double(length)) } + filler
  }

  /// The pairs (x, y): x is B or P_r, y is C_c or P*_s.
  var products: Int { (1 + rank) * (kernels + rank) }

  /// The Double values that one worker needs.
  static func scratchCount(states: Int, rank: Int, kernels: Int) -> Int {
    let products = (1 + rank) * (kernels + rank)
    return 4 * products * states + 4 * block * states + 8 * products * block + 2 * states
  }

  /// Where a worker keeps its matrices.
  struct Scratch {
    /// 2 Re v, then 2 Re(v conj ŵ): [2 products, states], and their gradients.
    let numerators, numeratorGradients: UnsafeMutablePointer<Double>
    /// 1 / d, real parts then imaginary parts: [states, 2 block], and their gradients.
    let inverses, inverseGradients: UnsafeMutablePointer<Double>
    /// The sums of both over the states, [2 products, 2 block], and their gradients.
    let sums, sumGradients: UnsafeMutablePointer<Double>
    /// The gradients of |ŵ|^2 and of Re ŵ, [2, states].
    let squareGradients: UnsafeMutablePointer<Double>

    init(_ base: UnsafeMutablePointer<Double>, products: Int, states: Int) {
      let block = GeneratingFunction.block
      numerators = base
      numeratorGradients = numerators + 2 * products * states
      inverses = numeratorGradients + 2 * products * states
      inverseGradients = inverses + 2 * block * states
      sums = inverseGradients + 2 * block * states
      sumGradients = sums + 4 * products * block
      squareGradients = sumGradients + 4 * products * block
    }
  }

  /// Computes the spectra of one head.
  ///
  /// - Parameters:
  ///   - head: dt, w, P and B.
  ///   - c: C', [kernels][states].
  ///   - scratch: room for ``scratchCount(states:rank:kernels:)`` values.
  ///   - store: called with every bin 0 ... n / 2, kernel and value.
  func forward(
    _ head: NormalPlusLowRank,
    _ c: [[ComplexDouble]],
    scratch: UnsafeMutablePointer<Double>,
    store: (_ bin: Int, _ kernel: Int, _ value: ComplexDouble) -> Void
  ) {
    let scratch = Scratch(scratch, products: products, states: states)
    let v = fillNumerators(head, c, scratch)
    var correction = LowRankCorrection(rank: rank, kernels: kernels)
    forBlocks { nodes in
      fillSums(head, nodes, scratch)
      forGroups(nodes) { group in
        let tangents = tangents(of: group)
        loadProducts(group, nodes, tangents, head.dt, scratch, &correction)
        correction.solve()
        let factor = ComplexNodes(real: .one, imaginary: tangents)
        for kernel in 0..<kernels {
          let values = correction.value(kernel) * factor
          for node in group { store(node, kernel, values[node - group.lowerBound]) }
        }
      }
    }
    guard length % 2 == 0 else { return }
    for kernel in 0..<kernels {
      let sum = v[kernel].reduce(0) { $0 + $1.real }
      store(length / 2, kernel, ComplexDouble(head.dt * sum, 0))
    }
  }

  /// What a loss's gradient is for one head.
  struct Gradient {
    var dt = 0.0
    /// That of dt w, [states].
    var scaled: [ComplexDouble]
    var b: [ComplexDouble]
    var p: [[ComplexDouble]]
    var c: [[ComplexDouble]]
  }

  /// Computes one head's gradient from those of its spectra.
  ///
  /// - Parameters:
  ///   - head: dt, w, P and B.
  ///   - c: C', [kernels][states].
  ///   - scratch: room for ``scratchCount(states:rank:kernels:)`` values.
  ///   - load: asked for the gradient of every bin 0 ... n / 2 of every kernel.
  /// - Returns: the gradients of dt, dt w, B, P and C'.
  func backward(
    _ head: NormalPlusLowRank,
    _ c: [[ComplexDouble]],
    scratch: UnsafeMutablePointer<Double>,
    load: (_ bin: Int, _ kernel: Int) -> ComplexDouble
  ) -> Gradient {
    let scratch = Scratch(scratch, products: products, states: states)
    let v = fillNumerators(head, c, scratch)
    scratch.numeratorGradients.update(repeating: 0, count: 2 * products * states)
    scratch.squareGradients.update(repeating: 0, count: 2 * states)
    var correction = LowRankCorrection(rank: rank, kernels: kernels)
    var dtGradient = 0.0
    forBlocks { nodes in
      fillSums(head, nodes, scratch)
      forGroups(nodes) { group in
        let tangents = tangents(of: group)
        loadProducts(group, nodes, tangents, head.dt, scratch, &correction)
        correction.solve()
        let back = ComplexNodes(real: .one, imaginary: -tangents)
        correction.differentiate { kernel in
          // Lanes beyond the last node keep a gradient of 0.
          var gradient = ComplexNodes.zero
          for node in group { gradient[node - group.lowerBound] = load(node, kernel) }
          return gradient * back
        }
        for product in 0..<products {
          let gradient = correction.gradients[product]
          dtGradient += (gradient * correction.products[product].conjugate).real.sum() / head.dt
          storeSumGradients(gradient, product, group, nodes, tangents, head.dt, scratch)
        }
      }
      if nodes.count < Self.block { clearTail(of: nodes, scratch) }
      addSumGradients(nodes, scratch)
    }
    var gradient = collect(head, c, v, scratch)
    gradient.dt += dtGradient
    if length % 2 == 0 {
      for kernel in 0..<kernels {
        let edge = load(length / 2, kernel).real
        gradient.dt += edge * v[kernel].reduce(0) { $0 + $1.real }
        for state in 0..<states {
          gradient.b[state] += c[kernel][state].conjugate.multiplied(by: head.dt * edge)
          gradient.c[kernel][state] += head.b[state].conjugate.multiplied(by: head.dt * edge)
        }
      }
    }
    return gradient
  }

  private func forBlocks(_ body: (Range<Int>) -> Void) {
    let blocks = Tiles(of: nodeCount, size: Self.block)
    for index in 0..<blocks.count { body(blocks[index]) }
  }

  /// Calls `body` for the nodes of each group of lanes; the last may have fewer.
  @inline(__always)
  func forGroups(_ nodes: Range<Int>, _ body: (Range<Int>) -> Void) {
    for first in stride(from: nodes.lowerBound, to: nodes.upperBound, by: ComplexNodes.count) {
      body(first..<min(first + ComplexNodes.count, nodes.upperBound))
    }
  }

  /// The tangents at a group of nodes.
  @inline(__always)
  func tangents(of group: Range<Int>) -> ComplexNodes.Part {
    tangents.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return .zero }
      return ComplexNodes.Part(base + group.lowerBound)
    }
  }

  /// x of each pair: B, then P.
  func left(_ head: NormalPlusLowRank) -> [[ComplexDouble]] { [head.b] + head.p }

  /// y of each pair: C', then P*.
  func right(_ head: NormalPlusLowRank, _ c: [[ComplexDouble]]) -> [[ComplexDouble]] {
    c + head.p.map { $0.map(\.conjugate) }
  }

  /// Fills in the numerators, two rows a product, and returns v, [products][states].
  private func fillNumerators(
    _ head: NormalPlusLowRank,
    _ c: [[ComplexDouble]],
    _ scratch: Scratch
  ) -> [[ComplexDouble]] {
    let right = right(head, c)
    let v = left(head).flatMap { x in right.map { y in zip(x, y).map { $0 * $1 } } }
    for (product, v) in v.enumerated() {
      let row = scratch.numerators + 2 * product * states
      for state in 0..<states {
        let scaled = head.w[state].multiplied(by: head.dt)
        row[state] = 2 * v[state].real
        row[states + state] = 2 * (v[state] * scaled.conjugate).real
      }
    }
    return v
  }

  /// Fills in 1 / d and the sums over the states for a block of nodes.
  private func fillSums(_ head: NormalPlusLowRank, _ nodes: Range<Int>, _ scratch: Scratch) {
    for state in 0..<states {
      let scaled = head.w[state].multiplied(by: head.dt)
      let row = scratch.inverses + 2 * Self.block * state
      for place in 0..<nodes.count {
        let y = 2 * tangents[nodes.lowerBound + place]
        let re = scaled.lengthSquared - y * y
        let im = -2 * y * scaled.real
        let square = re * re + im * im
        row[place] = re / square
        row[Self.block + place] = -im / square
      }
      for place in nodes.count..<max(nodes.count, Self.block) {
        (row[place], row[Self.block + place]) = (0, 0)
      }
    }
    multiply(
      scratch.numerators,
      rows: 2 * products,
      inner: states,
      scratch.inverses,
      columns: 2 * Self.block,
      into: scratch.sums
    )
  }

  /// Hands all r of a group of nodes to the correction: r = dt (i y s - t) for the two sums s and t.
  @inline(__always)
  private func loadProducts(
    _ group: Range<Int>,
    _ nodes: Range<Int>,
    _ tangents: ComplexNodes.Part,
    _ dt: Double,
    _ scratch: Scratch,
    _ correction: inout LowRankCorrection
  ) {
    let y = 2 * tangents
    for product in 0..<products {
      let s = scratch.sums + 4 * product * Self.block + group.lowerBound - nodes.lowerBound
      let t = s + 2 * Self.block
      correction.products[product] = ComplexNodes(
        real: dt * (-y * ComplexNodes.Part(s + Self.block) - ComplexNodes.Part(t)),
        imaginary: dt * (y * ComplexNodes.Part(s) - ComplexNodes.Part(t + Self.block))
      )
    }
  }

  /// Turns the gradient of r at a group of nodes into those of s and t.
  @inline(__always)
  private func storeSumGradients(
    _ gradient: ComplexNodes,
    _ product: Int,
    _ group: Range<Int>,
    _ nodes: Range<Int>,
    _ tangents: ComplexNodes.Part,
    _ dt: Double,
    _ scratch: Scratch
  ) {
    let y = 2 * tangents
    let s = scratch.sumGradients + 4 * product * Self.block + group.lowerBound - nodes.lowerBound
    let t = s + 2 * Self.block
    (dt * y * gradient.imaginary).store(to: s)
    (-dt * y * gradient.real).store(to: s + Self.block)
    (-dt * gradient.real).store(to: t)
    (-dt * gradient.imaginary).store(to: t + Self.block)
  }
}
