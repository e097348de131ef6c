/** As Node words them. */
export function netError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

export function connectionReset(): Error {
  return netError('ECONNRESET', 'read ECONNRESET');
}
