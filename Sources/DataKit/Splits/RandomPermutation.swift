/// The permutation that PyTorch's `torch.randperm(count)` gives on a CPU generator with this seed.
///
/// For i = 0 … count - 2: z = next32 mod (count - i), swap elements i and i + z (docs/archives.md).
///
/// - Precondition: `count` is below 2^32 / 20, where PyTorch changes to 64-bit draws.
public func randomPermutation(count: Int, seed: UInt32) -> [Int] {
  precondition(count < (1 << 32) / 20, "a permutation of \(count) would need 64-bit draws")
  var order = Array(0..<count)
  var generator = MersenneTwister(seed: seed)
  for index in 0..<max(count - 1, 0) {
    let step = Int(generator.next()) % (count - index)
    order.swapAt(index, index + step)
  }
  return order
}
