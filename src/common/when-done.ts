/** `next(value)` at once when `value` is here, else when its promise resolves: what need not wait costs no promise. */
export function whenDone<T, R>(value: T | Promise<T>, next: (value: T) => R): R | Promise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
