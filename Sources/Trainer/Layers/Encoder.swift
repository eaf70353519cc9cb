/// Turns tokens or values into vectors and tells their positions apart.
///
/// x_t = table[token_t] or W value_t + b; then x_t + sinusoids_t or x_t + pos_t.
struct Encoder {
  private enum Map {
    case embedding(offset: Int, vocabulary: Int)
    case linear(LinearPlace)
  }

  private let map: Map
  private let width: Int
  private let positions: NetworkConfiguration.Positions
  private let tableOffset: Int
  private let tableRows: Int

  /// An encoder whose parameters are added as "enc.weight", "enc.bias" and "pos".
  init(_ configuration: NetworkConfiguration, in layout: inout ParameterLayout) {
    width = configuration.width
    positions = configuration.positions
    switch configuration.encoder {
    case .embedding(let vocabulary):
      let range = layout.add("enc.weight", [vocabulary, width])
      map = .embedding(offset: range.lowerBound, vocabulary: vocabulary)
    case .linear(let inputs):
      map = .linear(LinearPlace("enc", inputs: inputs, outputs: width, in: &layout))
    }
    tableRows = configuration.maximumLength
    tableOffset = layout.count
    if positions == .learned { layout.add("pos", [tableRows, width]) }
  }

  func reserve(in plan: inout WorkspacePlan) {
    if case .linear(let place) = map { place.reserve(in: &plan, rows: plan.positions) }
  }

  /// The channels of a value, or nil for tokens.
  var inputs: Int? {
    if case .linear(let place) = map { place.inputs } else { nil }
  }

  /// What is wrong with a batch's input, or nil.
  func fault(of batch: Batch) -> NetworkError? {
    if positions == .learned, batch.length > tableRows {
      return NetworkError(
        "the batch has length \(batch.length), the learned position table \(tableRows) rows"
      )
    }
    switch (map, batch.input) {
    case (.embedding(_, let vocabulary), .tokens(let tokens)):
      guard tokens.count == batch.rows * batch.length else {
        return countFault(tokens.count, "tokens", batch, channels: 1)
      }
      guard let bad = tokens.firstIndex(where: { $0 < 0 || Int($0) >= vocabulary }) else {
        return nil
      }
      return NetworkError(
        "row \(bad / batch.length), position \(bad % batch.length): token \(tokens[bad]) is outside "
          + "the vocabulary of \(vocabulary)"
      )
    case (.linear(let place), .values(let values)):
      guard values.count == batch.rows * batch.length * place.inputs else {
        return countFault(values.count, "values", batch, channels: place.inputs)
      }
      return nil
    case (.embedding, .values): return NetworkError("the batch holds values, expected tokens")
    case (.linear, .tokens): return NetworkError("the batch holds tokens, expected values")
    }
  }

  private func countFault(
    _ count: Int,
    _ what: String,
    _ batch: Batch,
    channels: Int
  ) -> NetworkError {
    NetworkError(
      "the batch holds \(count) \(what), expected \(batch.rows) x \(batch.length) x \(channels)"
    )
  }

  /// Encodes a batch that has no ``fault(of:)``.
  ///
  /// - Parameters:
  ///   - input: x.
  ///   - output: [positions, width]; overwritten.
  ///   - pass: the pass under way.
  func forward(_ input: Batch.Input, into output: Matrix, _ pass: Pass) {
    switch (map, input) {
    case (.embedding(let offset, let vocabulary), .tokens(let tokens)):
      let table = Matrix(pass.parameters + offset, rows: vocabulary, columns: width)
      tokens.withUnsafeBufferPointer { tokens in
        guard let base = tokens.baseAddress else { return }
        embeddingForward(base, table: table, into: output, pass.pool)
      }
    case (.linear(let place), .values(let values)):
      withMatrix(of: values, columns: place.inputs) { place.forward($0, into: output, pass) }
    default: preconditionFailure("Encoder: the batch's input was not checked")
    }
    switch positions {
    case .none: break
    case .sinusoidal:
      addPositions(pass.tables.sinusoids, length: pass.length, to: output, pass.pool)
    case .learned:
      let table = Matrix(pass.parameters + tableOffset, rows: tableRows, columns: width)
      addPositions(table, length: pass.length, to: output, pass.pool)
    }
  }

  /// Adds to the gradients of the parameters.
  ///
  /// - Parameters:
  ///   - outputGradient: dy, with the shape of y.
  ///   - input: x.
  ///   - inputGradient: the gradient of the values; overwritten, or nil to skip it.
  ///   - pass: the pass under way.
  func backward(
    _ outputGradient: Matrix,
    input: Batch.Input,
    into inputGradient: Matrix? = nil,
    _ pass: Pass
  ) {
    if positions == .learned {
      let table = Matrix(pass.gradients + tableOffset, rows: tableRows, columns: width)
      positionsBackward(outputGradient, length: pass.length, into: table, pass.pool)
    }
    switch (map, input) {
    case (.embedding(let offset, let vocabulary), .tokens(let tokens)):
      let table = Matrix(pass.gradients + offset, rows: vocabulary, columns: width)
      tokens.withUnsafeBufferPointer { tokens in
        guard let base = tokens.baseAddress else { return }
        embeddingBackward(outputGradient, tokens: base, into: table, pass.pool)
      }
    case (.linear(let place), .values(let values)):
      withMatrix(of: values, columns: place.inputs) {
        place.backward(outputGradient, input: $0, into: inputGradient, pass)
      }
    default: preconditionFailure("Encoder: the batch's input was not checked")
    }
  }

  /// Lends an array as a matrix that is only read.
  private func withMatrix(of values: [Float], columns: Int, _ body: (Matrix) -> Void) {
    values.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return }
      body(
        Matrix(
          UnsafeMutablePointer(mutating: base),
          rows: values.count / columns,
          columns: columns
        )
      )
    }
  }
}
