import { DecoratorHandler } from 'undici';
import type { Dispatcher } from 'undici';

/** Throws to keep a request from being sent. */
type PreSendCheck = () => void;

const preSendCheck = Symbol('pre-send check');
type CheckedOptions = Dispatcher.RequestOptions & { readonly [preSendCheck]?: PreSendCheck };

/**
 * Returns the options of a request with a check that runs right before its first byte is written.
 *
 * Between an earlier check and that moment a request may wait for a free connection, and a process that was suspended in
 * between first continues with its connections before it reads a clock.
 */
export function withPreSendCheck(
  options: Dispatcher.RequestOptions,
  check: PreSendCheck | undefined,
): Dispatcher.RequestOptions {
  const checked: CheckedOptions = { ...options, ...(check && { [preSendCheck]: check }) };
  return checked;
}

/** Runs the checks of requests; to be composed with a dispatcher. */
export const checkBeforeSend: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
  const check = (options as CheckedOptions)[preSendCheck];
  return dispatch(options, check ? new CheckedHandler(handler, check) : handler);
};

/** The first call of a handler, which the type of undici's decorator leaves out. */
interface Decorated extends Dispatcher.DispatchHandler {
  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void;
}

const Decorator = DecoratorHandler as unknown as new (handler: Dispatcher.DispatchHandler) => Decorated;

class CheckedHandler extends Decorator {
  readonly #check: PreSendCheck;

  constructor(handler: Dispatcher.DispatchHandler, check: PreSendCheck) {
    super(handler);
    this.#check = check;
  }

  override onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#check();
    super.onRequestStart(controller, context);
  }
}
