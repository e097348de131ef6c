/** Goes on at once with a value that is there, and later with one that is awaited: no promise where nothing waits. */
export function whenDone<T, R>(value: T | Promise<T>, next: (value: T) => R): R | Promise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
