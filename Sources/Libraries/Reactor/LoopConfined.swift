import Glibc

/// One `Value` for each loop of a group, made on that loop at its first use. `Value` need not be Sendable; this handle is.
/// `@unchecked Sendable`: a slot is touched by its own loop's thread only.
@safe public final class PerLoop<Value>: @unchecked Sendable {
  private let make: @Sendable (EventLoop) -> Value
  private let slots: UnsafeMutablePointer<Value?>
  private let count: Int

  public init(loops: Int, _ make: @escaping @Sendable (EventLoop) -> Value) {
    self.make = make
    count = loops
    unsafe slots = .allocate(capacity: loops)
    unsafe slots.initialize(repeating: nil, count: loops)
  }

  deinit {
    unsafe slots.deinitialize(count: count)
    unsafe slots.deallocate()
  }

  /// The current loop's value; traps off the loops.
  public var here: Value {
    let loop = EventLoop.current
    precondition(loop.index < count, "loop \(loop.index) is of another group")
    if let value = unsafe slots[loop.index] { return value }
    let value = make(loop)
    unsafe slots[loop.index] = value
    return value
  }

  /// The current loop's value if it has been made.
  public var hereIfMade: Value? { unsafe slots[EventLoop.current.index] }
}

/// Carries what is confined to a loop across places that ask for Sendable; traps when opened on another thread.
public struct LoopBound<Value>: @unchecked Sendable {
  private let held: Value
  private let loop: EventLoop

  public init(_ value: Value, on loop: EventLoop) {
    loop.preconditionCurrent()
    held = value
    self.loop = loop
  }

  public var value: Value {
    loop.preconditionCurrent()
    return held
  }

  /// Now when on the loop, else soon.
  public func onLoop(_ action: @escaping @Sendable (Value) -> Void) {
    if loop.isCurrent { action(held) } else { loop.submit { action(self.held) } }
  }
}
