import { DecoratorHandler } from 'undici';
import type { Dispatcher } from 'undici';

/** Throws to keep a request from being sent. */
type LastWord = () => void;

const lastWord = Symbol('last word');
type Asking = Dispatcher.RequestOptions & { readonly [lastWord]?: LastWord };

/**
 * The same request, which asks once more before its first byte is written.
 *
 * Between a check beforehand and that moment a request may wait for a free connection, and a process that was stopped
 * meanwhile goes on with what its connections have to say before it looks at a clock.
 */
export function withLastWord(
  options: Dispatcher.RequestOptions,
  word: LastWord | undefined,
): Dispatcher.RequestOptions {
  const asking: Asking = { ...options, ...(word && { [lastWord]: word }) };
  return asking;
}

/** Lets requests have their last word; to be composed with a dispatcher. */
export const askLast: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
  const word = (options as Asking)[lastWord];
  return dispatch(options, word ? new Asked(handler, word) : handler);
};

/** What a handler is called with first; the type of undici's decorator does not tell that it has it. */
interface Decorated extends Dispatcher.DispatchHandler {
  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void;
}

const Decorator = DecoratorHandler as unknown as new (handler: Dispatcher.DispatchHandler) => Decorated;

class Asked extends Decorator {
  readonly #word: LastWord;

  constructor(handler: Dispatcher.DispatchHandler, word: LastWord) {
    super(handler);
    this.#word = word;
  }

  override onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#word();
    super.onRequestStart(controller, context);
  }
}
