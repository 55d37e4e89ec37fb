/**
 * Turns of the event loop for work in the background: one piece a turn, whoever it is of.
 *
 * Returns what such work awaits before each piece. Between two pieces the loop looks at its sockets and runs what has come due, so however
 * much is to be done a request waits for one piece of it, and not for as many as there are workers.
 */

/** Makes the turns; whoever shares them shares one piece a turn, in the order of asking. */
export function loopTurns(): () => Promise<void> {
  const state = { last: Promise.resolve() };
  const turn = (): Promise<void> =>
    new Promise((resolve) => {
      setImmediate(resolve);
    });
  return () => {
    state.last = state.last.then(turn);
    return state.last;
  };
}
