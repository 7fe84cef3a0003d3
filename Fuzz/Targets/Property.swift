import Glibc

/// Stops the run when what a target claims does not hold: libFuzzer then keeps the input.
func expect(_ holds: Bool, _ claim: @autoclosure () -> String) {
  if !holds { fatalError(claim()) }
}

/// The text of `bytes` for a claim's message.
func shown(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self).debugDescription }

/// A number that depends on nothing but the input, so that a run of one input does the same again (FNV-1a).
func choice(_ bytes: [UInt8], below bound: Int) -> Int {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  return Int((hash >> 32) % UInt64(bound))
}

/// Repeats a part of `bytes` until they are 64 KiB and has `work` take them: at most 20 ms and a microsecond for each byte,
/// of this thread's processor time, in the best of three tries. Done for one input in 32.
func expectLinearTime(_ bytes: [UInt8], _ work: ([UInt8]) -> Void) {
  guard !bytes.isEmpty, choice(bytes, below: 32) == 0 else { return }
  let begin = choice(bytes + [1], below: bytes.count)
  let end = begin + 1 + choice(bytes + [2], below: bytes.count - begin)
  var long = Array(bytes[..<begin])
  while long.count < 65_536 { long += bytes[begin..<end] }
  long += bytes[end...]
  let most = 20_000_000 + long.count * 1_000
  var least = Int.max
  for _ in 0..<3 where least > most {
    let begun = processorTime()
    work(long)
    least = min(least, processorTime() - begun)
  }
  expect(least <= most, "\(long.count) bytes took \(least / 1_000_000) ms")
}

/// Of this thread, in nanoseconds.
private func processorTime() -> Int {
  var time = timespec()
  unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}
