// Imported by every process of a fleet (NODE_OPTIONS=--import=…): its calendar is wrong, its seconds are a little too
// long or too short, and on SIGUSR2 its calendar jumps. Which way, the process id decides.
const hour = 3_600_000;

if (/vela-core[/\\]main\.js$/.test(process.argv[1] ?? '')) {
  const now = Date.now.bind(Date);
  const monotonic = performance.now.bind(performance);
  let turn = process.pid;
  /** From -1 to 1, another each time. */
  const dice = () => {
    turn = (Math.imul(turn, 1103515245) + 12345) >>> 0;
    return (turn >>> 8) / 2 ** 23 - 1;
  };
  dice();
  const rate = 1 + 0.05 * dice();
  let offset = hour * dice();
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...args) {
      super(...(args.length === 0 ? [Date.now()] : args));
    }

    static now() {
      return Math.round(now() + offset);
    }
  };
  performance.now = () => monotonic() * rate;
  process.on('SIGUSR2', () => {
    offset = hour * dice();
  });
}
