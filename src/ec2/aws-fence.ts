/**
 * The fence of AWS calls: whoever no longer leads changes nothing in the cloud.
 *
 * Reads a command's name. Throws where it would change something and this process may not. It is asked before each sending, retries of the
 * SDK included: a call that began while we led may be sent again seconds after. An answer that comes later is not lost, since what was sent
 * stands on the API server with its token.
 */

/** Says whether this process may change anything now, such as mayWrite of the leading token. */
export type MayChange = () => boolean;

/** Where in the SDK's chain the fence stands: within its retries. */
export const fencePlace = { step: "finalizeRequest", priority: "low", name: "leadingFence" } as const;

const readingPattern = /^(Describe|Get|List|Receive|Search|Lookup)/;

/** Returns the fence, to be added to a client's middleware at its place. */
export function fence(mayChange: MayChange | undefined) {
  return <Sent, Answer>(next: (sent: Sent) => Answer, context: { readonly commandName?: string }) =>
    (sent: Sent): Answer => {
      assertMayChange(context.commandName, mayChange);
      return next(sent);
    };
}

/** Throws unless the command only reads or this process may change things; its error is one that the SDK does not retry. */
function assertMayChange(commandName: string | undefined, mayChange: MayChange | undefined): void {
  if (mayChange === undefined || mayChange() || readingPattern.test(commandName ?? "")) return;
  const error = new Error(`this replica does not lead (any more): ${commandName ?? "the call"} was not sent`);
  error.name = "NotLeading";
  throw error;
}
