/**
 * Resolves in a new turn of the real loop. The simulator awaits one after each event that ran code of a process: an
 * engine empties its queue of promise reactions, however long the chains are, before it begins a new turn. As nothing in a
 * simulated world waits for anything real, the world stands still then, and the order of what happened is the order of the
 * reactions, which the language fixes. Awaiting a number of resolved promises would not do: a chain may be longer.
 *
 * `setImmediate` where there is one, else (in a page) a message to oneself: neither is delayed as timers are. This is the
 * engine of simulated time and no way to tell the time, hence no argument.
 */
export const realTurn: () => Promise<void> = makeTurn();

function makeTurn(): () => Promise<void> {
  const { setImmediate: afterThisTurn, MessageChannel: Channel } = globalThis as Partial<typeof globalThis>;
  if (afterThisTurn !== undefined) return () => new Promise((resolve) => void afterThisTurn(resolve));
  if (Channel === undefined) throw new Error('The simulator needs setImmediate or MessageChannel');
  const { port1, port2 } = new Channel();
  const waiting: (() => void)[] = [];
  const receiver = port1 as unknown as { onmessage: () => void }; // of pages, where Node's types do not reach
  receiver.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(0);
    });
}
